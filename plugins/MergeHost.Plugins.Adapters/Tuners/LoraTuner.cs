using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>LoRA and what its configuration can make of it: <c>W + s·B·A</c> with <c>s = α/r</c>, or <c>α/√r</c> for rsLoRA.</summary>
/// <seealso href="https://arxiv.org/abs/2106.09685">LoRA</seealso>
internal sealed class LoraTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    private const string Magnitudes = "lora_magnitude_vector";

    // What an adapter's start took from the base, in a way that its files do not tell.
    private static readonly string[] _unknownStarts = ["loftq", "corda", "lora_ga"];

    private readonly string _start = adapter.Config.Text("init_lora_weights")?.ToLowerInvariant() ?? "";
    private readonly RecentFactors _recent = new();
    private bool _changes;
    private bool _saidFlag;

    protected override void CheckConfig()
    {
        if (Config.Has("alora_invocation_tokens"))
        {
            throw TunerKinds.Unmergeable(Adapter, "aLoRA",
                "it acts only after some tokens ('alora_invocation_tokens'), and no weights are equal to that");
        }

        if (Config.Has("use_qalora"))
        {
            throw TunerKinds.Unmergeable(Adapter, "QALoRA", "it acts on groups of a quantised base's inputs ('use_qalora')");
        }

        if (Config.Has("arrow_config"))
        {
            throw TunerKinds.Unmergeable(Adapter, "Arrow", "it chooses among adapters as the input says ('arrow_config')");
        }

        if (Config.Has("layer_replication"))
        {
            throw Config.Wrong("'layer_replication' is set: the adapter belongs to a model that repeats layers of the base",
                "Build that model first, with `slices:` in a stage, and add the adapter to it.");
        }

        if (Array.Exists(_unknownStarts, _start.StartsWith))
        {
            throw Config.Wrong(
                $"'init_lora_weights' is '{_start}': training began from a base that was changed in a way that the adapter does not tell",
                "Convert the adapter to a plain LoRA with PEFT's `save_pretrained(…, path_initial_model_for_weight_conversion=…)`.");
        }
    }

    protected override void CheckTargeted(AdapterModule module)
    {
        bool isOtherEnd = Config.Is("ensure_weight_tying") && TiedEnds.IsHead($"{module.Name}.weight");
        if (!isOtherEnd && ParametersOf(module).Count == 0)
        {
            base.CheckTargeted(module);
        }
    }

    protected override void Add(AdapterModule module)
    {
        if (Config.Is("use_dora") != module.Has(Magnitudes)
            && module.Parts.Keys.Any(part => part is "lora_A" or "lora_B" or "lora_embedding_A"))
        {
            throw Config.Wrong(
                $"'use_dora' is {(Config.Is("use_dora") ? "true" : "false")}, and module '{module.Name}' "
                    + $"has {(module.Has(Magnitudes) ? "a" : "no")} '{Magnitudes}'",
                "Take configuration and weights from the same place.");
        }

        if (module.Parts.Keys.Any(part => part.StartsWith("lora_embedding_", StringComparison.Ordinal)))
        {
            AddToEmbedding(module);
        }
        else if (ParametersOf(module) is { Count: > 0 } parameters)
        {
            AddToParameter(module, parameters);
        }
        else
        {
            AddToWeight(module);
        }
    }

    private void AddToWeight(AdapterModule module)
    {
        AdaptedTensor target = Model.Place(module.Name, "weight", module.Parts.First().Value);
        StoredMatrix a = module.Stored("lora_A");
        StoredMatrix b = module.Stored("lora_B");
        (a, b) = WithBlocks(module, a, b);
        if (InterleavedRows.Of(Config, Model.Config) is { } rows)
        {
            b = b.Made(b.Rows, b.Columns, left => rows.Undo(module.Name, left));
        }

        WarnOfFlag(target);
        CheckExtents(module, "lora_B", "lora_A", target, (b.Rows, b.Columns), (a.Rows, a.Columns));
        double scale = ScaleOf(module, module.Name, a.Rows, "lora_A");
        if (Config.Has("kasa_config"))
        {
            float[] diagonal = module.Vector("lora_diag");
            Expect(module, "lora_diag", diagonal.Length == a.Rows, target);
            b = b.Made(b.Rows, b.Columns,
                whole => MatrixOperations.Make(b.Rows, b.Columns, (row, column) => whole[row, column] * diagonal[column]));
        }

        Note(a, b, scale);
        IRowChange change = new LowRankChange(_recent.Keep(() => [Made(new Factors(b.Read(), a.Read()).Times(scale), target.IsTransposed)]),
            target.Rows);
        if (BaseStart.Of(_start, Config.Has("kasa_config"), a.Rows, scale) is { } start)
        {
            change = new ChangeSequence(LowRankChange.Once(() => start(target), target.Rows), change);
        }

        target.Add(module.Has(Magnitudes) ? WithMagnitudes(module, change, target, target.IsTransposed) : change);
        AddToBias(module, scale);
    }

    private static Factors Made(Factors factors, bool isTransposed) => isTransposed ? factors.Transposed() : factors;

    private void AddToBias(AdapterModule module, double scale)
    {
        const string part = "lora_B.bias";
        if (!module.Has(part))
        {
            return;
        }

        if (!Config.Is("lora_bias"))
        {
            throw Config.Wrong($"'lora_bias' is false, and module '{module.Name}' has '{part}'",
                "Set `\"lora_bias\": true` if the biases are to be merged.");
        }

        AdaptedTensor bias = Model.Place(module.Name, "bias", module.Parts[part]);
        float[] added = module.Vector(part);
        Expect(module, part, added.Length == bias.Rows, bias);
        bias.AddProduct(new Factors(new(added.Length, 1, added), MatrixOperations.Make(1, 1, (_, _) => 1)).Times(scale));
    }

    private void AddToEmbedding(AdapterModule module)
    {
        AdaptedTensor target = Model.Place(module.Name, "weight", module.Parts.First().Value);
        StoredMatrix a = module.Stored("lora_embedding_A");
        StoredMatrix b = module.Stored("lora_embedding_B");
        Expect(module, "lora_embedding_A", a.Columns == target.Rows, target);
        Expect(module, "lora_embedding_B", b.Rows == target.Columns && b.Columns == a.Rows, target);
        double scale = ScaleOf(module, module.Name, a.Rows, "lora_embedding_A");
        Note(a, b, scale);
        IRowChange change = new LowRankChange(_recent.Keep(() => [new Factors(b.Read(), a.Read()).Transposed().Times(scale)]), target.Rows);
        target.Add(module.Has(Magnitudes) ? WithMagnitudes(module, change, target, isOfColumns: true) : change);
    }

    private void AddToParameter(AdapterModule module, IReadOnlyList<string> parameters)
    {
        string parameter = TargetedParameters.At(Config, module, parameters);
        Matrix<float> a = module.Matrix("lora_A");
        Matrix<float> b = module.Matrix("lora_B");
        ExpertStack stack = ExpertStack.Find(Model, module, parameter, a.Columns, b.Rows);
        int rank = a.Rows / Math.Max(1, stack.Count);
        if (rank * stack.Count != a.Rows || b.Columns != a.Rows)
        {
            throw module.Wrong("lora_A",
                $"shape {module.Parts["lora_A"].Shape} and {module.Parts["lora_B"].Shape} are not of one rank for each "
                    + $"of {stack.Count} experts");
        }

        double scale = ScaleOf(module, $"{module.Name}.{parameter}", rank, "lora_A");
        _changes |= scale != 0 && !IsZero(a) && !IsZero(b);
        stack.Add([.. Enumerable.Range(0, stack.Count).Select(expert => Factors.OfExpert(expert, stack.Count, a, b).Times(scale))]);
    }

    private IReadOnlyList<string> ParametersOf(AdapterModule module) => TargetedParameters.Of(Config, module.Name);

    private double ScaleOf(AdapterModule module, string name, int rank, string part) => LoraScale.Of(Adapter, module, name, rank, part);

    private static IRowChange WithMagnitudes(AdapterModule module, IRowChange change, AdaptedTensor target, bool isOfColumns)
    {
        float[] magnitudes = module.Vector(Magnitudes);
        Expect(module, Magnitudes, magnitudes.Length == (isOfColumns ? target.Columns : target.Rows), target);
        return isOfColumns ? new DoraColumnChange(change, magnitudes, target) : new DoraRowChange(change, magnitudes, target);
    }

    // BD-LoRA stores the blocks of a block-diagonal factor below each other.
    private (StoredMatrix A, StoredMatrix B) WithBlocks(AdapterModule module, StoredMatrix a, StoredMatrix b)
    {
        System.Text.Json.Nodes.JsonNode? settings = Config.Json.Find("use_bdlora");
        int count = settings.Find("nblocks").AsInt() ?? 1;
        return (IsNamed("target_modules_bd_a") ? Diagonal(a, count) : a, IsNamed("target_modules_bd_b") ? Diagonal(b, count) : b);

        bool IsNamed(string field) =>
            settings.Find(field).Items().Any(item => item.AsText() is { } part && module.Name.Contains(part, StringComparison.Ordinal));
    }

    private static StoredMatrix Diagonal(StoredMatrix stacked, int count)
    {
        int rows = stacked.Rows / count;
        return stacked.Made(stacked.Rows, stacked.Columns * count, whole => MatrixOperations.Make(stacked.Rows, stacked.Columns * count,
            (row, column) => column / stacked.Columns == row / rows ? whole[row, column % stacked.Columns] : 0));
    }

    private void Note(StoredMatrix a, StoredMatrix b, double scale) => _changes |= scale != 0 && !a.IsZero && !b.IsZero;

    private static bool IsZero(Matrix<float> matrix) => !matrix.Elements.Span.ContainsAnyExcept(0f);

    protected override void WarnOfNoChange()
    {
        if (!_changes && Adapter.Modules.All(module => module.Parts.Keys.All(part => part.StartsWith("lora_", StringComparison.Ordinal))))
        {
            Adapter.Warn("the adapter changes nothing: its scale, or one factor of each product, is zero",
                "See that it was trained, and that it is the right one.");
        }
    }

    private void WarnOfFlag(AdaptedTensor target)
    {
        if (!_saidFlag && Config.Is("fan_in_fan_out") && !target.IsTransposed)
        {
            _saidFlag = true;
            Adapter.Warnings.Add(
                Config.Warning(
                    $"'fan_in_fan_out' is true, and the base stores '{target.Info.Name}' as [out, in]; it is merged as the base has it"));
        }
    }
}
