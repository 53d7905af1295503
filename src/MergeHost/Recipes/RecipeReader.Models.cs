using MergeHost.Storage.Text;

namespace MergeHost.Recipes;

/// <content>Models, and what is applied to them.</content>
internal sealed partial class RecipeReader
{
    private ModelReference? ReadModel(YamlNode node)
    {
        switch (node)
        {
            case YamlScalar { Text.Length: > 0 } scalar:
                return new ModelReference(scalar.Text, scalar.Place);
            case YamlMapping mapping when mapping.Find("model") is { } inner:
                CheckFields(mapping, "a model", ["model", "lora", "override_architecture", "apply"]);
                AddUnsupported(mapping, "override_architecture", "architectures are told by tensor names");
                return WithAdapter(ReadModel(inner), mapping)?.With(ReadApply(mapping));
            case YamlMapping mapping when mapping.Find("path") is { } path:
                CheckFields(mapping, "a model", ["path", "revision", "apply"]);
                RefuseRevision(mapping, path);
                return ReadModel(path)?.With(ReadApply(mapping));
            default:
                Add(ErrorCodes.WrongType, node.Place, $"a model must be a path, found {node.Kind}", null);
                return null;
        }
    }

    private void RefuseRevision(YamlMapping mapping, YamlNode path)
    {
        if (mapping.Find("revision") is { } node)
        {
            string name = path is YamlScalar model && node is YamlScalar revision ? $"{model.Text}@{revision.Text}" : "org/name@revision";
            Add(ErrorCodes.NotSupported, node.Place, "'revision': a revision is a part of the model's name", $"Write `{name}` for the model, and remove `revision:`.");
        }
    }

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

    private IReadOnlyList<TransformReference> ReadApply(YamlMapping mapping)
    {
        if (mapping.Find("apply") is not { } node)
        {
            return [];
        }

        return node is YamlScalar only
            ? [new TransformReference(only.Text, [], only.Place)]
            : [.. Items(node, "apply").Select(ReadTransform).OfType<TransformReference>()];
    }

    private TransformReference? ReadTransform(YamlNode node)
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
                return Wrong<TransformReference?>(node, "a transform must be its name, or its name with a mapping of options, such as `{lora: {path: adapter}}`", null);
        }
    }
}
