using MergeHost.Lanes;
using TorchSharp;

namespace MergeHost.Torch;

/// <summary>A whole run of numbers in a tensor: float32, or Boolean for a mask.</summary>
/// <remarks>
/// A number that is the same in every place is a tensor without extents. Every operation makes a tensor, which belongs to the dispose
/// scope of its thread. The bits are those of the processor's lanes, but for the sign and payload of a NaN, on which those do not
/// agree among themselves either.
/// </remarks>
internal readonly struct TorchVec : IVec<TorchVec>
{
    // TorchSharp frees a number that it made for one operation while libtorch may still be reading it. This one lives on.
    private static readonly Scalar _one = 1L;

    [ThreadStatic]
    private static torch.Device? _device;

    private readonly torch.Tensor? _tensor;

    public TorchVec(torch.Tensor tensor) => _tensor = tensor;

    /// <summary>Where this thread's constants are made: the operations are static, so nothing else can tell them.</summary>
    public static torch.Device Device
    {
        get => _device ?? torch.CPU;
        set => _device = value;
    }

    public static TorchVec Zero => default;

    /// <summary>What the lane holds.</summary>
    public torch.Tensor Tensor => _tensor ?? Constant(0);

    public static TorchVec Of(float value) => new(Constant(value));

    public static TorchVec operator +(TorchVec a, TorchVec b) => new(a.Tensor.add(b.Tensor, _one));

    public static TorchVec operator -(TorchVec a, TorchVec b) => new(a.Tensor - b.Tensor);

    public static TorchVec operator -(TorchVec a) => new(-a.Tensor);

    public static TorchVec operator *(TorchVec a, TorchVec b) => new(a.Tensor * b.Tensor);

    public static TorchVec operator /(TorchVec a, TorchVec b) => new(a.Tensor / b.Tensor);

    public static TorchVec Abs(TorchVec a) => new(a.Tensor.abs());

    // torch's float32 root may be off in the last place. That of float64 may too, but rounding to float32 takes it away.
    public static TorchVec Sqrt(TorchVec a) => new(a.Tensor.to(torch.float64).sqrt().to(torch.float32));

    // torch does not care for the sign of zero: of equal numbers, the one with the sign is the smaller.
    public static TorchVec Min(TorchVec a, TorchVec b) =>
        Where(Equal(a, b), Where(IsNegative(a), a, b), new TorchVec(a.Tensor.minimum(b.Tensor)));

    public static TorchVec Max(TorchVec a, TorchVec b) =>
        Where(Equal(a, b), Where(IsNegative(a), b, a), new TorchVec(a.Tensor.maximum(b.Tensor)));

    public static TorchVec operator >(TorchVec a, TorchVec b) => new(a.Tensor > b.Tensor);

    public static TorchVec operator <(TorchVec a, TorchVec b) => new(a.Tensor < b.Tensor);

    public static TorchVec operator >=(TorchVec a, TorchVec b) => new(a.Tensor >= b.Tensor);

    public static TorchVec operator <=(TorchVec a, TorchVec b) => new(a.Tensor <= b.Tensor);

    public static TorchVec Equal(TorchVec a, TorchVec b) => new(a.Tensor.eq(b.Tensor));

    public static TorchVec operator &(TorchVec a, TorchVec b) => new(a.Tensor & b.Tensor);

    public static TorchVec operator |(TorchVec a, TorchVec b) => new(a.Tensor | b.Tensor);

    public static TorchVec operator ~(TorchVec a) => new(~a.Tensor);

    public static TorchVec Where(TorchVec mask, TorchVec yes, TorchVec no) =>
        new(torch.where(mask.Tensor, yes.Tensor, no.Tensor));

    private static TorchVec IsNegative(TorchVec a) => new(a.Tensor.signbit());

    private static torch.Tensor Constant(float value) => torch.tensor(value, device: Device);
}
