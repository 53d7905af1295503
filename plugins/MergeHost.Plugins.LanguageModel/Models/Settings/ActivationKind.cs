namespace MergeHost.Plugins.LanguageModel.Models.Settings;

/// <summary>What a network does between its matrices.</summary>
internal enum ActivationKind
{
    Silu,

    /// <summary>GELU by the error function.</summary>
    Gelu,

    /// <summary>GELU by tanh.</summary>
    GeluTanh,

    Relu,
}

/// <summary>The words of configurations for them.</summary>
internal static class Activations
{
    private static readonly Dictionary<string, ActivationKind> _kinds = new()
    {
        ["silu"] = ActivationKind.Silu,
        ["swish"] = ActivationKind.Silu,
        ["gelu"] = ActivationKind.Gelu,
        ["gelu_new"] = ActivationKind.GeluTanh,
        ["gelu_fast"] = ActivationKind.GeluTanh,
        ["gelu_pytorch_tanh"] = ActivationKind.GeluTanh,
        ["relu"] = ActivationKind.Relu,
    };

    /// <exception cref="MergeHostException">MH6003: the word is not known here.</exception>
    public static ActivationKind Find(string name) => _kinds.TryGetValue(name, out ActivationKind kind) ? kind
        : throw ModelException.Unsupported($"hidden_act '{name}'", string.Join(", ", _kinds.Keys));
}
