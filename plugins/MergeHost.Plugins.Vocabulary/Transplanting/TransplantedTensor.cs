using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Vocabulary.Rows;

namespace MergeHost.Plugins.Vocabulary.Transplanting;

/// <summary>A tensor of a model in another model's vocabulary.</summary>
/// <param name="part">The model's tensor.</param>
/// <param name="type">How rows are given.</param>
/// <param name="rows">For each id the model's row, or below 0 the target that a row is made for, as <c>-1 -
/// target</c>; <see langword="null"/> for a hole.</param>
/// <param name="maker">Makes rows.</param>
internal sealed class TransplantedTensor(ModelRows part, DType type, IReadOnlyList<int?> rows, RowMaker maker) : ITokenRows
{
    private readonly int _width = checked((int)(part.Info.ElementCount / part.Info.Shape[0]));

    public TensorInfo Info { get; } = new(part.Name, type, part.Info.Shape.Rank == 1 ? [rows.Count] : [rows.Count, part.Info.Shape[1]]);

    public void Read(long firstElement, Span<byte> destination)
    {
        float[] values = new float[_width];
        while (!destination.IsEmpty)
        {
            int offset = (int)(firstElement % _width);
            int elements = (int)Math.Min(_width - offset, destination.Length / type.BlockBytes * type.BlockElements);
            Span<byte> row = destination[..(int)type.LengthBytes(elements)];
            switch (rows[(int)(firstElement / _width)])
            {
                case >= 0 and int stored when part.Info.DType == type:
                    part.Reader.Read(part.Info, ((long)stored * _width) + offset, row);
                    break;
                case >= 0 and int stored:
                    part.Reader.ReadSingle(part.Info, (long)stored * _width, values);
                    DTypeConversion.FromSingle(type, values.AsSpan(offset, elements), row);
                    break;
                case int target:
                    DTypeConversion.FromSingle(type, maker.Row(-1 - target).Slice(offset, elements), row);
                    break;
                default:
                    row.Clear();
                    break;
            }

            firstElement += elements;
            destination = destination[row.Length..];
        }
    }
}
