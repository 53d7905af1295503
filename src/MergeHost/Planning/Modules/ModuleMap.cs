using MergeHost.Models;
using MergeHost.Recipes;

namespace MergeHost.Planning.Modules;

/// <summary>Tells which module of a recipe each tensor of a model belongs to.</summary>
/// <remarks>
/// A module is named by a part, such as <c>text_decoder</c>, whatever the words in the names of its tensors, or by what those begin with,
/// such as <c>model.encoder.layers</c>; <c>default</c> is what no other module holds, and alone it is the whole model.
/// </remarks>
internal sealed class ModuleMap
{
    private readonly List<RecipeModule> _modules;
    private readonly Dictionary<(InputModel Model, RecipeModule? Module), InputModel> _parts = [];

    public ModuleMap(RecipeStage stage)
    {
        _modules = [.. stage.Slices.Select(slice => slice.Module).OfType<RecipeModule>().Distinct()];
    }

    /// <summary>Whether models are merged part by part.</summary>
    public bool Divides => _modules.Count > 0 && _modules is not [{ Name: RecipeModule.Default }];

    /// <summary>The modules in the order of the recipe.</summary>
    public IReadOnlyList<RecipeModule> Modules => _modules;

    /// <summary>What a module's name means: a part, or the beginning of names.</summary>
    public static string? PartOf(RecipeModule? module) =>
        module is null || module.Name == RecipeModule.Default ? null : ModuleNames.Meant(module.Name);

    /// <summary>The module that a tensor belongs to; <see langword="null"/> if to none, or if the model is merged as a whole.</summary>
    public RecipeModule? Of(string tensor)
    {
        if (!Divides)
        {
            return null;
        }

        RecipeModule? begins = _modules.Where(module => PartOf(module) is null
            && tensor.StartsWith(module.Name + '.', StringComparison.Ordinal))
            .MaxBy(module => module.Name.Length);
        return begins ?? Find(ModuleNames.Of(tensor)) ?? _modules.Find(module => module.Name == RecipeModule.Default);
    }

    /// <summary>The tensors of a model that belong to a module, as a model; the model itself where it is merged as a whole.</summary>
    public InputModel Part(InputModel model, RecipeModule? module)
    {
        if (!Divides)
        {
            return model;
        }

        if (!_parts.TryGetValue((model, module), out InputModel? part))
        {
            _parts.Add((model, module), part = model.Part(tensor => Of(tensor) == module));
        }

        return part;
    }

    /// <summary>The words for the parts that a model has.</summary>
    public static IEnumerable<string> PartsOf(InputModel model) => model.Stored.Select(tensor => ModuleNames.Of(tensor.Name)).Distinct();

    // What encoder and decoder share, and a head, belong to the decoder where nothing else is named for them.
    private RecipeModule? Find(string part)
    {
        RecipeModule? Named(string wanted) => _modules.Find(module => PartOf(module) == wanted);
        return Named(part) ?? part switch
        {
            ModuleNames.Text => Named(ModuleNames.Shared) ?? Named(ModuleNames.Decoder),
            ModuleNames.Shared => Named(ModuleNames.Decoder),
            _ => null,
        };
    }
}
