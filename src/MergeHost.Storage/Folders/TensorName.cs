using System.Buffers;
using System.Text;

namespace MergeHost.Storage.Folders;

/// <summary>What a tensor may be called.</summary>
public static class TensorName
{
    /// <summary>The key in a header that names no tensor.</summary>
    public const string Metadata = "__metadata__";

    private const int MostBytes = 1024;

    private static readonly SearchValues<char> _controls =
        SearchValues.Create([.. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(char.IsControl)]);

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Why a name is not accepted, or <see langword="null"/> if it is.</summary>
    public static string? Refusal(string name)
    {
        if (name.Length == 0)
        {
            return "the name is empty";
        }

        if (name == Metadata)
        {
            return "the name is reserved";
        }

        if (name.AsSpan().ContainsAny(_controls))
        {
            return "the name holds a control character";
        }

        // Names come to be file names somewhere.
        if (name.Contains("..", StringComparison.Ordinal) && name.Split('/', '\\').Contains(".."))
        {
            return "the name climbs folders with '..'";
        }

        return LengthBytes(name) switch
        {
            null => "the name is not Unicode: half a surrogate pair",
            > MostBytes => $"the name is longer than {MostBytes} bytes",
            _ => null,
        };
    }

    private static int? LengthBytes(string name)
    {
        try
        {
            return _strict.GetByteCount(name);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }
}
