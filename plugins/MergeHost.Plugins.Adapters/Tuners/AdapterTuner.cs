using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>A kind of adapter: what the tensors of a module change in the base.</summary>
/// <param name="adapter">The adapter.</param>
/// <param name="model">The base.</param>
internal abstract class AdapterTuner(AdapterFile adapter, BaseModel model)
{
    private const string Rows = "trainable_tokens_delta";

    protected AdapterFile Adapter => adapter;

    protected AdapterConfig Config => adapter.Config;

    protected BaseModel Model => model;

    /// <summary>Finds the class of an adapter's kind.</summary>
    /// <exception cref="CheckpointException">The kind is not known, or cannot be merged.</exception>
    public static AdapterTuner Create(AdapterFile adapter, BaseModel model) => TunerKinds.Create(adapter, model);

    /// <summary>Adds all that the adapter holds to the base.</summary>
    /// <exception cref="CheckpointException">A tensor cannot be placed or does not fit, or the adapter cannot be merged.</exception>
    public void AddAll()
    {
        CheckConfig();
        KnownFields.Warn(adapter);
        foreach (AdapterModule module in adapter.Modules)
        {
            Replace(module);
        }

        foreach (AdapterModule module in adapter.Modules.Where(module => module.Name.Length > 0 && module.Parts.Keys.Any(IsOwn)))
        {
            CheckTargeted(module);
            Add(module);
        }

        foreach (AdapterModule module in adapter.Modules.Where(module => module.Has(Rows)))
        {
            ReplaceRows(module);
        }

        CheckAccounts();
        WarnOfNoChange();
        model.Settle();
    }

    /// <summary>Refuses what cannot be merged.</summary>
    protected virtual void CheckConfig()
    {
    }

    /// <summary>Warns of an adapter that changes nothing.</summary>
    protected virtual void WarnOfNoChange()
    {
    }

    /// <summary>Adds what the adapter holds for a module.</summary>
    protected abstract void Add(AdapterModule module);

    /// <summary>Refuses tensors of a module that the configuration does not select.</summary>
    protected virtual void CheckTargeted(AdapterModule module)
    {
        if (Config.Json.Find("target_modules") is null || Config.Text("target_modules") == "all-linear")
        {
            return;
        }

        if (!Config.Selects("target_modules", module.Name) || Config.Selects("exclude_modules", module.Name)
            || !Config.SelectsLayer(module.Name))
        {
            string field = !Config.Selects("target_modules", module.Name)
                ? "target_modules"
                : Config.Selects("exclude_modules", module.Name) ? "exclude_modules" : "layers_to_transform";
            throw new CheckpointException(new Problem(ErrorCodes.TensorUnaccounted,
                $"{adapter.Name}: tensor '{CheckpointException.Printable(module.Parts.First(part => IsOwn(part.Key)).Value.Name)}' is of "
                + $"module '{module.Name}', which '{field}' "
                + $"in {AdapterConfig.FileName} ({Config.Json.Find(field).Words()}) does not select",
                    "Take configuration and weights from the same place."));
        }
    }

    /// <summary>The weight of a module.</summary>
    protected AdaptedTensor Weight(AdapterModule module) =>
        model.Place(module.Name, "weight", module.Parts.First(part => IsOwn(part.Key)).Value);

    /// <summary>Checks an extent of a part against what it must be.</summary>
    /// <exception cref="CheckpointException">It differs.</exception>
    protected static void Expect(AdapterModule module, string part, bool fits, AdaptedTensor target)
    {
        if (!fits)
        {
            throw module.Wrong(part,
                $"shape {module.Parts[part].Shape} does not fit '{target.Info.Name}' of the "
                    + $"base, {target.Info.Shape}{(target.IsTransposed ? ", stored as [in, out]" : "")}",
                "Name the base that the adapter was trained on.");
        }
    }

    /// <summary>Checks the extents of two factors and makes a change of them.</summary>
    protected static Factors Fitting(AdapterModule module, string left, string right, AdaptedTensor target, Factors factors)
    {
        CheckExtents(module, left, right, target, (factors.Left.Rows, factors.Left.Columns), (factors.Right.Rows, factors.Right.Columns));
        return factors;
    }

    /// <summary>Checks the extents of two factors.</summary>
    protected static void CheckExtents(
        AdapterModule module, string left, string right, AdaptedTensor target, (int Rows, int Columns) leftExtents,
        (int Rows, int Columns) rightExtents)
    {
        if (leftExtents.Columns != rightExtents.Rows)
        {
            throw module.Wrong(left, $"shape {module.Parts[left].Shape} cannot be multiplied with {module.Parts[right].Shape} of '{right}'",
                "Download the adapter again.");
        }

        Expect(module, right, rightExtents.Columns == target.In, target);
        Expect(module, left, leftExtents.Rows == target.Out, target);
    }

    private static bool IsOwn(string part) => part[0] != AdapterKey.Replaces && part != Rows;

    private void Replace(AdapterModule module)
    {
        foreach ((string part, TensorInfo tensor) in module.Parts.Where(part => part.Key[0] == AdapterKey.Replaces))
        {
            AdaptedTensor target = model.Place(module.Name, part[1..], tensor);
            bool isLonger = tensor.Shape.Rank == 2 && target.Info.Shape.Rank == 2 && tensor.Shape[1] == target.Info.Shape[1]
                && tensor.Shape[0] != target.Info.Shape[0];
            if (isLonger && target.Info.Shape[0] == model.Ends.Embedding?.Shape[0])
            {
                throw new CheckpointException(new Problem(ErrorCodes.VocabularyMismatch,
                    $"{adapter.Name}: tensor '{CheckpointException.Printable(tensor.Name)}' has {tensor.Shape[0]} rows, "
                        + $"'{target.Info.Name}' of the base {target.Info.Shape[0]}",
                    "Give the base as many tokens as it had while the adapter was trained."));
            }

            Expect(module, part, tensor.Shape == target.Info.Shape, target);
            target.Replace(module.Source(part, target.Source));
        }
    }

    private void ReplaceRows(AdapterModule module)
    {
        AdaptedTensor target = model.Place(module.Name, "weight", module.Parts[Rows]);
        IReadOnlyList<int> rows = RowsOf(module.Name);
        TensorShape shape = module.Parts[Rows].Shape;
        if (shape.Rank != 2 || shape[0] != rows.Count || shape[1] != target.Columns)
        {
            throw module.Wrong(Rows,
                $"shape {shape}; the configuration names {rows.Count} tokens, and a row of '{target.Info.Name}' "
                    + $"has {target.Columns} numbers");
        }

        Dictionary<int, int> places = [];
        for (int place = 0; place < rows.Count; place++)
        {
            if (rows[place] < 0 || rows[place] >= target.Rows || !places.TryAdd(rows[place], place))
            {
                throw Config.Wrong($"token {rows[place]} is named twice, or is none of the {target.Rows} that the base has");
            }
        }

        target.Add(new RowsReplacedChange(places, module.Source(Rows)));
    }

    private IReadOnlyList<int> RowsOf(string module)
    {
        System.Text.Json.Nodes.JsonNode? indices = Config.Json.Find("trainable_token_indices") ?? Config.Json.Find("token_indices");
        if (indices is System.Text.Json.Nodes.JsonObject table)
        {
            indices = table.FirstOrDefault(entry => AdapterConfig.IsEnding(module, entry.Key)).Value;
        }

        return [.. indices.Items()
            .Select(index => index.AsInt() ?? throw Config.Wrong($"a token's index is {index.Words()}; expected a whole number"))];
    }

    private void CheckAccounts()
    {
        TensorInfo[] unused = [.. adapter.Modules.Append(adapter.Shared).SelectMany(module => module.Unused).Distinct()];
        if (unused.Length > 0)
        {
            throw new CheckpointException(new Problem(ErrorCodes.TensorUnaccounted,
                $"{adapter.Name}: {unused.Length} tensors are no part of an adapter of kind '{Config.Kind}' "
                    + $"as {AdapterConfig.FileName} describes it, first '{CheckpointException.Printable(unused[0].Name)}'",
                "Take configuration and weights from the same place."));
        }

        if (model.Changed.Count == 0)
        {
            throw new CheckpointException(new Problem(ErrorCodes.ModelUnchanged,
                $"{adapter.Name}: the adapter holds nothing that changes the base", "Download the adapter again."));
        }

        string? missing = Config.Texts("modules_to_save").FirstOrDefault(module =>
            (model.Names.HasModule(module) || (model.Ends.IsTied && module == "lm_head"))
            && !adapter.Modules.Any(held => held.Parts.Keys.Any(part => part[0] == AdapterKey.Replaces)
                && $".{held.Name}.".Contains($".{module}.", StringComparison.Ordinal)));
        if (missing is not null)
        {
            throw new CheckpointException(new Problem(ErrorCodes.TensorMissing,
                $"{adapter.Name}: 'modules_to_save' in {AdapterConfig.FileName} names '{missing}', and the weights have no tensor of it",
                "Download the adapter again."));
        }
    }
}
