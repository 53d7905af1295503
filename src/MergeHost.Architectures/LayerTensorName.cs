using System.Globalization;

namespace MergeHost.Architectures;

/// <summary>A tensor's name taken apart at its layer: <c>model.layers.</c>, 3, <c>.mlp.up_proj.weight</c>.</summary>
/// <param name="Stack">What stands before the layer's number; names of one stack of layers share it.</param>
/// <param name="Layer">The layer's number.</param>
/// <param name="Rest">What stands after it.</param>
public readonly record struct LayerTensorName(string Stack, int Layer, string Rest)
{
    private const int MostDigits = 5;

    /// <summary>The name.</summary>
    public override string ToString() => $"{Stack}{Layer}{Rest}";

    /// <summary>Takes a name apart at the first part that is a number.</summary>
    /// <returns><see langword="null"/> if no part is one.</returns>
    public static LayerTensorName? Parse(string name)
    {
        int begin = 0;
        while (begin < name.Length)
        {
            int end = name.IndexOf('.', begin);
            end = end < 0 ? name.Length : end;
            ReadOnlySpan<char> part = name.AsSpan(begin, end - begin);
            if (begin > 0 && Number(part) is { } layer)
            {
                return new LayerTensorName(name[..begin], layer, name[end..]);
            }

            begin = end + 1;
        }

        return null;
    }

    /// <summary>The number that a part of a name is, of five digits at most; <see langword="null"/> if it is none.</summary>
    public static int? Number(ReadOnlySpan<char> part) =>
        part.Length is > 0 and <= MostDigits && !part.ContainsAnyExceptInRange('0', '9')
            ? int.Parse(part, CultureInfo.InvariantCulture)
            : null;
}
