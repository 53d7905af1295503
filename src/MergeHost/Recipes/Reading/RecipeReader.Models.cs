using MergeHost.Storage.Text;

namespace MergeHost.Recipes.Reading;

/// <content>Models, and what is applied to them.</content>
internal sealed partial class RecipeReader
{
    private const string Vocabulary = "vocabulary";

    private ModelReference? ReadModel(YamlNode node)
    {
        switch (node)
        {
            case YamlScalar { Text.Length: > 0 } scalar:
                return new ModelReference(scalar.Text, scalar.Place);
            case YamlMapping mapping when mapping.Find("model") is { } inner:
                CheckFields(mapping, "a model", ["model", "lora", "override_architecture", "apply"]);
                WarnOfArchitecture(mapping);
                return WithAdapter(ReadModel(inner), mapping)?.With(ReadApply(mapping));
            case YamlMapping mapping when mapping.Find("path") is { } path:
                CheckFields(mapping, "a model", ["path", "revision", "apply"]);
                return WithRevision(ReadModel(path), mapping)?.With(ReadApply(mapping));
            default:
                Add(ErrorCodes.WrongType, node.Place, $"a model must be a path, found {node.Kind}", null);
                return null;
        }
    }

    private void WarnOfArchitecture(YamlMapping mapping)
    {
        if (mapping.Find("override_architecture") is { } node)
        {
            _problems.Add(new Problem(ErrorCodes.NotSupported,
                "'override_architecture' has no effect: architectures are told by tensors' names", "Remove it.", node.Place,
                Severity.Warning));
        }
    }

    private ModelReference? WithRevision(ModelReference? model, YamlMapping mapping) =>
        model is not null && Text(mapping, "revision") is { Text.Length: > 0 } revision
            ? new ModelReference($"{model.Base}@{revision.Text}", model.Place).With(model.Apply)
            : model;

    // mergekit's way to write `base+adapter`.
    private ModelReference? WithAdapter(ModelReference? model, YamlMapping mapping)
    {
        if (mapping.Find("lora") is not { } lora || model is null)
        {
            return model;
        }

        if (ReadModel(lora) is not { } adapter)
        {
            return null;
        }

        if (model.Apply.Count > 0 || adapter.Apply.Count > 0)
        {
            Add(ErrorCodes.Conflict, lora.Place, "'lora' and 'apply' exclude each other", "List the adapter under `apply:`.");
            return null;
        }

        string name = $"{model.Name}+{adapter.Name}";
        return new ModelReference(name, model.Place);
    }

    private IReadOnlyList<TransformReference> ReadApply(YamlMapping mapping) => ReadReferences(mapping, "apply");

    // mergekit's fields for a stage's tokenizer are short for the alignment that carries them out.
    private IReadOnlyList<TransformReference> ReadAlignments(YamlMapping stage)
    {
        List<TransformReference> alignments = [];
        if (Text(stage, "tokenizer_source") is { } source)
        {
            YamlScalar name = source with { Text = "source", IsPlain = true };
            alignments.Add(new TransformReference(Vocabulary, [(name, source)], source.Place));
        }

        if (stage.Find("tokenizer") is { } node && IsMapping(node, "tokenizer", out YamlMapping? tokenizer))
        {
            if (alignments.Count > 0)
            {
                Add(ErrorCodes.Conflict, node.Place, "'tokenizer' and 'tokenizer_source' exclude each other", "Keep one of them.");
            }

            alignments.Add(new TransformReference(Vocabulary, tokenizer.Entries, node.Place));
        }

        if (stage.Find("align") is { } align && alignments.Count > 0)
        {
            Add(ErrorCodes.Conflict, align.Place, "'align' and 'tokenizer' exclude each other",
                $"List the tokenizer's settings under `align: [{{{Vocabulary}: …}}]`.");
        }

        return [.. alignments, .. ReadReferences(stage, "align")];
    }

    private IReadOnlyList<TransformReference> ReadReferences(YamlMapping mapping, string field)
    {
        if (mapping.Find(field) is not { } node)
        {
            return [];
        }

        return node is YamlScalar only
            ? [new TransformReference(only.Text, [], only.Place)]
            : [.. Items(node, field).Select(item => ReadReference(item, field)).OfType<TransformReference>()];
    }

    private TransformReference? ReadReference(YamlNode node, string field)
    {
        switch (node)
        {
            case YamlScalar scalar:
                return new TransformReference(scalar.Text, [], scalar.Place);
            case YamlMapping { Entries: [(YamlScalar id, YamlScalar { IsNull: true })] }:
                return new TransformReference(id.Text, [], id.Place);
            case YamlMapping { Entries: [(YamlScalar id, YamlMapping options)] }:
                return new TransformReference(id.Text, options.Entries, id.Place);
            default:
                string example = field == "apply" ? "{lora: {path: adapter}}" : $"{{{Vocabulary}: {{source: union}}}}";
                return Wrong<TransformReference?>(node,
                    $"an item of '{field}' must be a name, or a name with a mapping of options, such as `{example}`", null);
        }
    }
}
