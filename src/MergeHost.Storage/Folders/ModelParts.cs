using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Storage.Folders;

/// <summary>The folders of a model of Sentence Transformers, whose <c>modules.json</c> lists what a text goes through: a
/// transformer, pooling, dense layers.</summary>
/// <remarks>A part has a folder of its own, with a configuration and, if it learned anything, weights.
/// Only the first may lie beside the list.</remarks>
public sealed class ModelParts
{
    /// <summary>The file that lists the parts.</summary>
    public const string List = "modules.json";

    private const int MostBytes = 1 << 20;
    private const int MostParts = 64;

    private ModelParts(string main, IReadOnlyList<string> others)
    {
        Main = main;
        Others = others;
    }

    /// <summary>The folder of the first part, usually a transformer; empty if it lies beside the list.</summary>
    public string Main { get; }

    /// <summary>The folders of the others, in order.</summary>
    public IReadOnlyList<string> Others { get; }

    /// <summary>The parts of a model; <see langword="null"/> if its folder has no such list.</summary>
    /// <exception cref="CheckpointException">The list cannot be read, or names a folder that is not beside it.</exception>
    public static ModelParts? Find(CheckpointFiles files) =>
        files.Named is null && files.Has(List) ? Parse(files.PathOf(List), files.ReadBytes(List, MostBytes)) : null;

    /// <summary>The parts that a checkpoint will have.</summary>
    /// <inheritdoc cref="Find(CheckpointFiles)"/>
    public static ModelParts? Find(CheckpointLayout layout) =>
        layout.Companions.FirstOrDefault(companion => companion.Name == List) is { } list ? Parse(list.Name, list.ReadBytes()) : null;

    /// <summary>The part that a tensor or a file belongs to by its name, <c>PART/NAME</c>;
    /// <see langword="null"/> for the first one.</summary>
    public string? Of(string name) => Others.FirstOrDefault(part => name.StartsWith(part + '/', StringComparison.Ordinal));

    // Other programs have files of that name, too, whose form is another.
    private static ModelParts? Parse(string path, byte[] list)
    {
        if (PythonJson.Parse(list, Wrong) is not JsonArray modules
            || modules.Any(module => module?["type"].AsText() is null || module["path"].AsText() is null))
        {
            return null;
        }

        string[] folders = [.. modules.Select(module => module!["path"].AsText()!.TrimEnd('/')).Distinct()];
        return folders.Skip(1).Concat(folders.Take(1).Where(main => main.Length > 0)).FirstOrDefault(folder => !IsName(folder)) is { } odd
            ? throw Wrong($"a part lies in '{CheckpointException.Printable(odd)}'; expected the name of a folder beside the list")
            : folders.Length is 0 or > MostParts
                ? throw Wrong($"expected 1 to {MostParts} parts, found {folders.Length}")
                : new ModelParts(folders[0], folders[1..]);

        CheckpointException Wrong(string reason) => new(new Problem(ErrorCodes.BadConfig, $"{path}: {reason}"));
    }

    private static bool IsName(string folder) =>
        folder.Length is > 0 and <= 100 && folder[0] != '.' && folder.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
