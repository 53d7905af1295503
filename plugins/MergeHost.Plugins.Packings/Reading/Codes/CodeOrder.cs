namespace MergeHost.Plugins.Packings.Reading.Codes;

/// <summary>How the codes of a row follow each other.</summary>
internal enum CodeOrder
{
    /// <summary>One string of bits, the lowest first: code n is bits n·b to n·b + b − 1, across bytes and words.</summary>
    Bits,

    /// <summary>Two codes a byte, the first in the upper half.</summary>
    UpperHalfFirst,

    /// <summary>As many codes as fit a word of 32 bits, the lowest first; what is left of the word is unused.</summary>
    Words,

    /// <summary>AWQ's: eight codes a word, of columns 0, 2, 4, 6, 1, 3, 5 and 7, the lowest first.</summary>
    EvenColumnsFirst,
}
