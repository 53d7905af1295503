using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Packings;
using MergeHost.Plugins.Packings.Reading;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>Decides how each tensor of a checkpoint is packed.</summary>
/// <param name="request">What is to be stored.</param>
internal sealed class PackingPlanner(PackingRequest request)
{
    private readonly List<Problem> _warnings = [];
    private readonly Dictionary<string, PlannedWeight> _packed = [];

    private bool IsSame => request.Packing == PackingRequest.Same;

    /// <summary>Plans all of it.</summary>
    /// <exception cref="CheckpointException">It cannot be packed so.</exception>
    public PackingPlan Plan()
    {
        List<(TensorInfo Tensor, PackingOrigin Origin)> tensors = [.. request.Layout.Tensors.Zip(request.Origins)];
        Dictionary<string, WeightForm> forms = [];
        foreach ((TensorInfo tensor, PackingOrigin origin) in tensors)
        {
            if ((IsSame ? FormOf(origin) : NamedFormOf(tensor, origin)) is { } form)
            {
                forms.Add(tensor.Name, form);
            }
        }

        WarnOfSettings(tensors, forms);
        HashSet<string> copied = Copied(tensors, forms);
        foreach ((TensorInfo tensor, PackingOrigin origin) in tensors.Where(pair => forms.ContainsKey(pair.Tensor.Name)))
        {
            _packed.Add(tensor.Name,
                copied.Contains(tensor.Name) ? Copy(tensor, origin.Copied!, forms[tensor.Name]) : Pack(tensor, origin, forms[tensor.Name]));
        }

        WarnOfRanges();
        CheckpointLayout layout = request.Layout with
        {
            Tensors = [.. request.Layout.Tensors.SelectMany(tensor => _packed.TryGetValue(tensor.Name, out PlannedWeight? packed)
                ? packed.Tensor.Parts
                : [tensor])],
            Companions = Companions(tensors, forms, isCopied: copied.Count == forms.Count),
        };
        return new PackingPlan(layout, _packed, _warnings);
    }

    // The base's, else the first model's: as configuration is.
    private static WeightForm? FormOf(PackingOrigin origin)
    {
        PackedWeight[] weights = [.. origin.Inputs.Select(Weight).OfType<PackedWeight>()];
        if (weights.Length == 0)
        {
            return null;
        }

        PackingInput first = origin.Inputs[0];
        string[] schemes = [.. weights.Select(weight => weight.Form?.Scheme).OfType<string>().Distinct()];
        if (schemes.Length > 1)
        {
            PackingInput other = origin.Inputs.First(input => Weight(input)?.Form is { } form && form.Scheme != schemes[0]);
            throw Conflict(
                $"'{first.Model}' is packed as {schemes[0]}, '{other.Model}' as {schemes[1]} (tensor '{first.Tensor.Name}'); 'same' does "
                    + "not say which the output gets");
        }

        if (Weight(first) is not { } weight)
        {
            PackingInput packed = origin.Inputs.First(input => Weight(input) is not null);
            return first.Unpacked is not null ? null
                : throw Conflict(
                    $"'{first.Model}' is plain, '{packed.Model}' is packed{(schemes is [string only] ? $" as {only}" : "")} (tensor "
                        + $"'{first.Tensor.Name}'); 'same' does not say which the output gets");
        }

        return weight.Form ?? throw Conflict(
            $"'{first.Model}': tensor '{first.Tensor.Name}' is packed in a way that is read "
                + $"({((UnpackedCheckpoint)first.Unpacked!).Settings?.Method ?? "unnamed"}), but not written");
    }

    private static CheckpointException Conflict(string message) => new(new Problem(ErrorCodes.NotSupported, message,
        "Name a packing, such as `output: {packing: fp8-block}`, or write `packing: none`."));

    private WeightForm? NamedFormOf(TensorInfo tensor, PackingOrigin origin) =>
        origin.Inputs[0].Unpacked is not null && Weight(origin.Inputs[0]) is null ? null : NamedForms.Of(request.Packing, tensor);

    private static PackedWeight? Weight(PackingInput input) => (input.Unpacked as UnpackedCheckpoint)?.WeightOf(input.Tensor.Name);

    private void WarnOfSettings(List<(TensorInfo Tensor, PackingOrigin Origin)> tensors, Dictionary<string, WeightForm> forms)
    {
        if (!IsSame)
        {
            return;
        }

        foreach ((TensorInfo tensor, PackingOrigin origin) in tensors.Where(pair => forms.ContainsKey(pair.Tensor.Name)))
        {
            WeightForm form = forms[tensor.Name];
            if (origin.Inputs.FirstOrDefault(input => Weight(input)?.Form is { } other && other.Settings != form.Settings) is { } unlike)
            {
                _warnings.Add(
                    Warning($"'{origin.Inputs[0].Model}' has {form.Settings}, '{unlike.Model}' "
                        + $"has {Weight(unlike)!.Form!.Settings} (tensor '{tensor.Name}'{NameOf(form)}); the output gets the first"));
                return;
            }
        }
    }

    private static string NameOf(WeightForm form) => form.Scheme == "fp8" ? ", weight_block_size" : "";

    // Of tensors that share a scale all are copied, or none.
    private static HashSet<string> Copied(List<(TensorInfo Tensor, PackingOrigin Origin)> tensors, Dictionary<string, WeightForm> forms)
    {
        Dictionary<string, string> sources = [];
        HashSet<string> broken = [];
        foreach ((TensorInfo tensor, PackingOrigin origin) in tensors.Where(pair => forms.ContainsKey(pair.Tensor.Name)))
        {
            string fused = FusedModules.KeyOf(tensor.Name);
            string? source = origin.Copied is { IsAsStored: true } input && Weight(input)?.Form is { } form
                && IsAlike(form, forms[tensor.Name])
                ? $"{input.Model}: {FusedModules.KeyOf(input.Tensor.Name)}" : null;
            if (source is null || (sources.TryGetValue(fused, out string? other) && other != source))
            {
                broken.Add(IsShared(forms[tensor.Name]) ? fused : tensor.Name);
            }

            sources.TryAdd(fused, source ?? "");
        }

        return [.. forms.Keys.Where(name => !broken.Contains(name) && !broken.Contains(FusedModules.KeyOf(name)))];
    }

    private static bool IsShared(WeightForm form) => form is StraightForm { Rule: ScaleRule.Global or ScaleRule.SecondScale };

    private static bool IsAlike(WeightForm one, WeightForm two) => one.Scheme == two.Scheme && one.Settings == two.Settings;

    private PlannedWeight Copy(TensorInfo tensor, PackingInput source, WeightForm form)
    {
        UnpackedCheckpoint unpacked = (UnpackedCheckpoint)source.Unpacked!;
        IReadOnlyList<TensorInfo> parts = unpacked.PartsOf(source.Tensor.Name);
        TensorInfo plain = tensor with { DType = TypeOf(tensor, source) };
        return new(new PackedTensor(plain,
            [.. parts.Select(part => part with { Name = Renamed(part.Name, source.Tensor.Name, tensor.Name) })], 1)
        {
            Copied = [.. parts.Select(part => (unpacked.Packed, part))],
        }, null, []);
    }

    private PlannedWeight Pack(TensorInfo tensor, PackingOrigin origin, WeightForm form)
    {
        if (!form.Fits(tensor.Shape))
        {
            throw Conflict($"tensor '{tensor.Name}' of shape {tensor.Shape} cannot be packed as {form.Scheme} with {form.Settings}");
        }

        DType type = TypeOf(tensor, origin.Inputs[0]);
        WeightPacker packer = form.Packer(tensor with { DType = type }, type);
        List<ActivationRange> ranges = IsSame ? Ranges(tensor, origin) : [];
        PackedTensor packed = new(packer.Plain, [.. packer.Parts, .. ranges.Select(range => range.Tensor)], packer.RunElements)
        {
            MeasuredWith = packer.MeasuredWith
        };
        return new(packed with { Copies = IsShared(form) ? [] : [.. origin.Inputs.Select(input => Copies(packed, input, form))] }, packer,
            ranges);
    }

    private static IReadOnlyList<(ICheckpointReader Checkpoint, TensorInfo Tensor)> Copies(PackedTensor packed, PackingInput input,
        WeightForm form)
    {
        if (!input.IsAsStored || Weight(input)?.Form is not { } own || !IsAlike(own, form))
        {
            return [];
        }

        IReadOnlyList<TensorInfo> parts = input.Unpacked!.PartsOf(input.Tensor.Name);
        Dictionary<TensorInfo, TensorInfo> stored = parts.ToDictionary(part => part with
        {
            Name = Renamed(part.Name, input.Tensor.Name, packed.Plain.Name)
        });
        return stored.Count == packed.Parts.Count && packed.Parts.All(stored.ContainsKey)
            ? [.. packed.Parts.Select(part => (input.Unpacked.Packed, stored[part]))]
            : [];
    }

    // Scales say what the library held the model in, unless the recipe does.
    private DType TypeOf(TensorInfo tensor, PackingInput first)
    {
        DType type = request.HasType || Weight(first) is not { } weight ? tensor.DType : weight.ScaleType ?? DType.F32;
        return type == DType.BF16 || type == DType.F16 ? type : DType.F32;
    }

    private static List<ActivationRange> Ranges(TensorInfo tensor, PackingOrigin origin)
    {
        Dictionary<string, List<(ICheckpointReader Checkpoint, TensorInfo Range, TensorInfo Scale)>> found = [];
        foreach (PackingInput input in origin.Inputs.Where(input => input.Unpacked is not null))
        {
            IReadOnlyList<TensorInfo> parts = input.Unpacked!.PartsOf(input.Tensor.Name);
            foreach (TensorInfo range in parts.Where(part => PackedModel.IsActivation(part.Name)))
            {
                string scale = range.Name.Replace("zero_point", "scale", StringComparison.Ordinal);
                string name = Renamed(range.Name, input.Tensor.Name, tensor.Name);
                found.TryAdd(name, []);
                found[name].Add((input.Unpacked.Packed, range, parts.FirstOrDefault(part => part.Name == scale) ?? range));
            }
        }

        return [.. found.Select(range => new ActivationRange(range.Value[0].Range with { Name = range.Key }, range.Value))];
    }

    // A part's name changes as the weight's does: before what their names have in common at the end.
    private static string Renamed(string part, string from, string to)
    {
        string[] one = from.Split('.');
        string[] two = to.Split('.');
        int common = 0;
        while (common < Math.Min(one.Length, two.Length) - 1 && one[^(common + 1)] == two[^(common + 1)])
        {
            common++;
        }

        string before = string.Join('.', one[..^common]);
        return from != to && part.StartsWith(before, StringComparison.Ordinal)
            ? string.Join('.', two[..^common]) + part[before.Length..]
            : part;
    }

    private void WarnOfRanges()
    {
        string[] ranges = [.. _packed.Values.SelectMany(packed => packed.Ranges).Select(range => range.Tensor.Name)];
        if (ranges.Length > 0)
        {
            _warnings.Add(Warning(string.Create(CultureInfo.InvariantCulture,
                $"'{ranges[0]}'{(ranges.Length > 1 ? $" and {ranges.Length - 1} more" : "")}: "
                    + $"ranges of activations are the widest of the models; they are not calibrated on the result")));
        }
    }

    private IReadOnlyList<CompanionFile> Companions(List<(TensorInfo Tensor, PackingOrigin Origin)> tensors,
        Dictionary<string, WeightForm> forms, bool isCopied)
    {
        if (forms.Count == 0)
        {
            return request.Layout.Companions;
        }

        if (!IsSame)
        {
            return PackingSettings.Add(request.Layout.Companions, NamedForms.Settings(request.Packing, tensors
                .Where(pair => !forms.ContainsKey(pair.Tensor.Name) && pair.Tensor.Shape.Rank == 2
                    && pair.Tensor.Name.EndsWith(".weight", StringComparison.Ordinal)
                    && !pair.Tensor.Name.Contains("embed", StringComparison.Ordinal))
                .Select(pair => WeightForm.StemOf(pair.Tensor.Name)).Append("lm_head").Distinct()));
        }

        PackingInput donor = tensors.First(pair => forms.ContainsKey(pair.Tensor.Name)).Origin.Inputs[0];
        ModuleRenaming renaming = new(request.Layout.Tensors, request.Origins, donor.Model);
        return PackingSettings.Restore(request.Layout.Companions, donor.Unpacked!.Packed.Companions, fields =>
        {
            if (renaming.Changes)
            {
                renaming.Apply(fields,
                    name => _warnings.Add(
                        Warning($"quantization_config of '{donor.Model}' names a layer in the expression '{name}', which stays as it is "
                            + "though layers have other numbers")));
            }

            if (!isCopied && fields["desc_act"] is not null)
            {
                fields["desc_act"] = false;
            }

            AddPlain(fields, tensors, forms, donor.Model);
        });
    }

    // Layers that another model gives and has plain are not covered by the first's lists.
    private static void AddPlain(JsonObject fields, List<(TensorInfo Tensor, PackingOrigin Origin)> tensors,
        Dictionary<string, WeightForm> forms, string donor)
    {
        string? key = Array.Find(["ignore", "modules_to_not_convert", "exclude_modules"], fields.ContainsKey);
        if (key is null || fields[key] is not JsonArray names)
        {
            return;
        }

        HashSet<string> known = [.. names.Select(name => name.AsText()).OfType<string>()];
        foreach ((TensorInfo tensor, PackingOrigin origin) in tensors)
        {
            if (!forms.ContainsKey(tensor.Name) && tensor.Shape.Rank == 2 && origin.Inputs.All(input => input.Model != donor)
                && known.Add(WeightForm.StemOf(tensor.Name)))
            {
                names.Add(WeightForm.StemOf(tensor.Name));
            }
        }
    }

    private static Problem Warning(string message) => new(ErrorCodes.CheckpointOddity, message, null, null, Severity.Warning);
}
