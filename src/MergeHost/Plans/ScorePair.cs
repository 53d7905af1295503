using MergeHost.Architectures;

namespace MergeHost.Plans;

/// <summary>A tensor of an adapted model and the one of its base that it came from.</summary>
/// <param name="Name">Its name in the output.</param>
/// <param name="Layer">The number of its layer there, or <see langword="null"/> outside the layers.</param>
/// <param name="Base">The base's tensor.</param>
/// <param name="Adapted">The adapted model's tensor, of the same shape.</param>
internal sealed record ScorePair(string Name, int? Layer, InputTensor Base, InputTensor Adapted)
{
    /// <summary>What the tensor does in the model.</summary>
    public TensorRole Role => TensorRoles.Of(Name);

    /// <summary>The module type: what stands after the layer's number, such as <c>self_attn.q_proj</c>;
    /// the name itself outside the layers.</summary>
    public string Module => ModuleOf(Name);

    /// <summary>Bytes of both tensors as stored.</summary>
    public long LengthBytes => Base.Tensor.LengthBytes + Adapted.Tensor.LengthBytes;

    /// <summary>The module type of a tensor's name.</summary>
    public static string ModuleOf(string name)
    {
        string module = LayerTensorName.Parse(name)?.Rest.TrimStart('.') ?? name;
        return module.EndsWith(".weight", StringComparison.Ordinal) ? module[..^".weight".Length] : module;
    }
}
