using System.Reflection;
using MergeHost.Checkpoints;

namespace MergeHost.Plans;

/// <summary>An auxiliary checkpoint that tells something of a model's weight, and so must have been made of it.</summary>
/// <param name="Of">The weight.</param>
/// <param name="Auxiliary">The auxiliary checkpoint.</param>
internal sealed record AuxiliaryClaim(InputTensor Of, AuxiliaryCheckpoint Auxiliary)
{
    /// <summary>The auxiliary checkpoints among options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="isPerSource">Whether those that differ by source are meant, or the others.</param>
    public static IEnumerable<AuxiliaryCheckpoint> Among(object options, bool isPerSource) => options.GetType().GetProperties()
        .Where(property => property.PropertyType == typeof(AuxiliaryCheckpoint)
            && property.IsDefined(typeof(Strategies.PerSourceAttribute)) == isPerSource)
        .Select(property => property.GetValue(options)).OfType<AuxiliaryCheckpoint>();

    /// <summary>Makes sure that it was made of this weight, as far as it says so.</summary>
    /// <param name="digest">The digest of the weight.</param>
    /// <exception cref="MergeHostException">MH2026: it was made of another.</exception>
    public void Check(string digest)
    {
        if (Expected is { } expected && expected != digest)
        {
            throw new MergeHostException(new Problem(
                ErrorCodes.AuxiliaryMismatch,
                $"tensor '{Of.Tensor.Name}': '{Auxiliary.Name}' was made of a model whose tensor has the digest {expected}; that of "
                    + $"'{Of.Model.Name}' has {digest}",
                $"Make it of this model: `mergehost statistics {Of.Model.Name} --text FILE {Auxiliary.Name}`."), null);
        }
    }

    /// <summary>The digest that it says the weight has, or <see langword="null"/> if it says nothing.</summary>
    public string? Expected
    {
        get
        {
            if (Auxiliary.Find(AuxiliaryCheckpoint.DigestOf(Of.Tensor.Name)) is not { LengthBytes: 16 } stored)
            {
                return null;
            }

            byte[] bytes = new byte[16];
            Auxiliary.Reader.Read(stored, 0, bytes);
            return Convert.ToHexStringLower(bytes);
        }
    }
}
