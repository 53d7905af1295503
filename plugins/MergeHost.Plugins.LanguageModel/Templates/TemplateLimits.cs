using System.Text;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>What a template of a stranger may take: it is read and rendered within these.</summary>
internal static class TemplateLimits
{
    /// <summary>Of a template, in letters.</summary>
    public const int Source = 1 << 20;

    /// <summary>Of blocks, brackets and calls in each other.</summary>
    public const int Depth = 100;

    /// <summary>Of one expression; each may be computed by a call within that of the next.</summary>
    public const int Words = 4_000;

    /// <summary>Of one rendering: loops' turns, calls, filters.</summary>
    public const int Steps = 5_000_000;

    /// <summary>Of what is rendered, in letters.</summary>
    public const int Output = 1 << 24;

    /// <summary>Lets something be made of values, if it is not longer than what may be rendered.</summary>
    /// <param name="length">Its length, in letters or items.</param>
    /// <param name="make">Makes it.</param>
    /// <exception cref="FormatException">It would be longer.</exception>
    public static T Bounded<T>(long length, Func<T> make) =>
        length <= Output ? make() : throw TooLong();

    /// <summary>Appends to a text that is made of values, if it does not become longer than what may be rendered.</summary>
    /// <exception cref="FormatException">It would become longer.</exception>
    public static void Append(StringBuilder text, ReadOnlySpan<char> part)
    {
        ThrowIfLong((long)text.Length + part.Length);
        text.Append(part);
    }

    /// <exception cref="FormatException">The length is more than may be rendered.</exception>
    public static void ThrowIfLong(long length)
    {
        if (length > Output)
        {
            throw TooLong();
        }
    }

    private static FormatException TooLong() => new($"a text or list of more than {Output} letters or items would be made");
}
