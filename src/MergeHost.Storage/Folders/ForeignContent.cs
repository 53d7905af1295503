using System.Buffers;
using System.IO.Enumeration;
using System.Text;
using System.Text.Unicode;

namespace MergeHost.Storage.Folders;

/// <summary>Something that is often found under the name of a safetensors file.</summary>
/// <param name="Found">What it is, in words.</param>
/// <param name="Hint">The way out.</param>
public sealed record ForeignContent(string Found, string Hint)
{
    /// <summary>As many of a file's first bytes as <see cref="Recognise"/> looks at.</summary>
    public const int HeadBytes = 512;

    private const int TarMark = 257;
    private const string DownloadAgain = "Download the file again.";
    private const string DownloadWeights = "Download the file again, if it should hold weights.";
    private const string DownloadFile = "Download the file itself, not the page about it, and check that you may have it.";
    private const string NameTorch = "Give the file a name that ends in '.bin' or '.pt'.";
    private const string Unpack = "Unpack the file.";
    private const string SaveInTransformers = "Load the model in transformers, and save it with `save_pretrained`.";

    private static readonly (byte[] Start, ForeignContent Content)[] _byStart =
    [
        ("GGUF"u8.ToArray(), new("a GGUF file", "Give the file a name that ends in '.gguf'.")),
        ("PK\x03\x04"u8.ToArray(), new("a zip archive, as torch.save writes it", NameTorch)),
        ([0x1F, 0x8B], new("a gzip archive", Unpack)),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], new("a 7z archive", Unpack)),
        ("Rar!"u8.ToArray(), new("a RAR archive", Unpack)),
        ([0x28, 0xB5, 0x2F, 0xFD], new("a zstd archive", Unpack)),
        ([0x89, .. "HDF"u8], new("an HDF5 file, as Keras writes it", SaveInTransformers)),
        ([0x93, .. "NUMPY"u8], new("a NumPy array", "Convert the file to safetensors.")),
        ("version https://git-lfs"u8.ToArray(), new("a Git-LFS pointer", "Run 'git lfs pull' in the folder.")),
    ];

    // Weights of other programs, which are told by their names.
    private static readonly (string Pattern, ForeignContent Content)[] _byName =
    [
        ("tf_model*.h5",
            new("TensorFlow's weights", "Load the model in transformers with `from_tf=True`, and save it with `save_pretrained`.")),
        ("*.h5", new("Keras' weights", SaveInTransformers)),
        ("*.keras", new("Keras' weights", SaveInTransformers)),
        ("saved_model.pb", new("TensorFlow's SavedModel", SaveInTransformers)),
        ("*.ckpt.index", new("a checkpoint of TensorFlow 1", "Convert it with the script that transformers has for the model's family.")),
        ("flax_model*.msgpack",
            new("Flax's weights", "Load the model in transformers with `from_flax=True`, and save it with `save_pretrained`.")),
        ("*.onnx", new("ONNX, a graph whose weights are folded and renamed", "Take the model that it was exported from.")),
        ("*.tflite", new("TensorFlow Lite", "Take the model that it was exported from.")),
        ("*.engine", new("TensorRT, built for one GPU", "Take the model that it was built from.")),
        ("*.ot", new("rust-bert's weights", "Take the model that they were converted from.")),
        ("*.npz", new("NumPy's arrays, as MLX wrote them", "Convert the arrays to safetensors.")),
        ("*.pdparams", new("PaddlePaddle's weights", "Convert them to safetensors in PaddleNLP.")),
        ("*.ggml", new("GGML, from before GGUF", "Convert it with llama.cpp's `convert_llama_ggml_to_gguf.py`.")),
        ("*.llamafile", new("a llamafile, a program with a GGUF in it", "Unpack the GGUF with `zipalign` or `unzip`.")),
    ];

    // Tabs, line ends and whatever is printed; bytes from 0x80 on belong to UTF-8.
    private static readonly SearchValues<byte> _textBytes = SearchValues.Create(
        [.. "\t\n\r"u8, .. Enumerable.Range(0x20, 0x5F).Concat(Enumerable.Range(0x80, 0x80)).Select(value => (byte)value)]);

    /// <summary>Names what a folder holds, in a program's form that is not read, by the names of its files.</summary>
    /// <returns>The first such file and what it is, or <see langword="null"/>.</returns>
    public static (string File, ForeignContent Content)? ByName(IReadOnlyList<string> names) => _byName
        .Select(known => (File: names.FirstOrDefault(name => FileSystemName.MatchesSimpleExpression(known.Pattern, name)), known.Content))
        .Where(found => found.File is not null).Select(found => ((string, ForeignContent)?)(found.File!, found.Content)).FirstOrDefault();

    /// <summary>Names what a file holds by its first bytes, or <see langword="null"/> if they tell nothing.</summary>
    /// <param name="head">The first bytes: <see cref="HeadBytes"/>, or all that there are.</param>
    public static ForeignContent? Recognise(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
        {
            return new("an empty file", DownloadAgain);
        }

        // An archive's first entry tells its name from byte 30 on.
        if (head.StartsWith("PK\x03\x04"u8) && head.Length > 30 && head[30..].IndexOf(".npy"u8) is >= 0 and < 100)
        {
            return new("NumPy's npz archive", "Convert the arrays to safetensors.");
        }

        foreach ((byte[] start, ForeignContent content) in _byStart)
        {
            if (head.StartsWith(start))
            {
                return content;
            }
        }

        // 0x80 is pickle's PROTO, followed by the version.
        if (head is [0x80, >= 2 and <= 5, ..])
        {
            return new("a pickle", NameTorch);
        }

        if (head.Length >= TarMark + 5 && head[TarMark..].StartsWith("ustar"u8))
        {
            return new("a tar archive", Unpack);
        }

        return IsText(head) ? RecogniseText(Encoding.UTF8.GetString(head).TrimStart()) : null;
    }

    // The last character may be cut in two, hence up to the last one of ASCII.
    private static bool IsText(ReadOnlySpan<byte> head) =>
        !head.ContainsAnyExcept(_textBytes) && Utf8.IsValid(head[..(head.LastIndexOfAnyInRange((byte)0, (byte)0x7F) + 1)]);

    private static ForeignContent RecogniseText(string text) =>
        Starts(text, "<!DOCTYPE html") || Starts(text, "<html") ? new("a web page", DownloadFile)
        : Starts(text, "<?xml") ? new("an XML document", DownloadFile)
        : Starts(text, "{") || Starts(text, "[") ? new("a JSON file", DownloadWeights)
        : new("a text file", DownloadWeights);

    private static bool Starts(string text, string start) => text.StartsWith(start, StringComparison.OrdinalIgnoreCase);
}
