namespace MergeHost.Plugins.HuggingFace.Hub.Names;

/// <summary>A repository of the hub: a model, or a dataset.</summary>
/// <param name="Name">Its id, such as <c>org/name</c>.</param>
/// <param name="IsDataset">Whether it holds a dataset.</param>
internal sealed record HubId(string Name, bool IsDataset)
{
    /// <summary>The path of its part of the API.</summary>
    public string Api => $"api/{Kind}/{Name}";

    /// <summary>The path of its pages and files.</summary>
    public string Page => IsDataset ? $"datasets/{Name}" : Name;

    /// <summary>The name of its folder in the cache.</summary>
    public string CacheFolder => $"{Kind}--{Name.Replace("/", "--", StringComparison.Ordinal)}";

    /// <summary>What it is called in names, before its id.</summary>
    public string Scheme => IsDataset ? HubName.DatasetScheme : HubName.Scheme;

    private string Kind => IsDataset ? "datasets" : "models";

    /// <summary>The repository that a folder of the cache belongs to, or <see langword="null"/>.</summary>
    public static HubId? OfCacheFolder(string folder) => folder.Split("--") switch
    {
        ["models", { Length: > 0 } organisation, { Length: > 0 } name] => new HubId($"{organisation}/{name}", false),
        ["datasets", { Length: > 0 } organisation, { Length: > 0 } name] => new HubId($"{organisation}/{name}", true),
        ["models", { Length: > 0 } name] => new HubId(name, false),
        ["datasets", { Length: > 0 } name] => new HubId(name, true),
        _ => null,
    };

    /// <inheritdoc/>
    public override string ToString() => Name;
}
