namespace MergeHost.Plugins.Adapters.Placing;

/// <summary>Finds tensors of a base by the names that modules have in the loaded model, which differ from those on disk.</summary>
/// <remarks>
/// Names agree from their first number on, with the word before it; names without a number in their last two words. What is before that
/// must agree too, in any order, but for words such as <c>model</c> that versions of transformers put in and take out. So an adapter for
/// one tower of a model is never placed in another one.
/// </remarks>
internal sealed class BaseNames
{
    private static readonly HashSet<string> _neutral = ["model", "language_model", "text_model", "transformer", "base_model", "module",
        "backbone"];

    private readonly Dictionary<string, TensorInfo> _exact = [];
    private readonly Dictionary<string, List<(string[] Before, TensorInfo Tensor)>> _byEnd = [];

    public BaseNames(IReadOnlyList<TensorInfo> tensors)
    {
        foreach (TensorInfo tensor in tensors)
        {
            string[] words = Canonical(tensor.Name);
            _exact.TryAdd(string.Join('.', words), tensor);
            (string[] before, string end) = Split(words);
            if (!_byEnd.TryGetValue(end, out List<(string[], TensorInfo)>? fitting))
            {
                _byEnd.Add(end, fitting = []);
            }

            fitting.Add((before, tensor));
        }
    }

    /// <summary>Finds a tensor.</summary>
    /// <param name="name">The name in the loaded model.</param>
    /// <param name="ambiguous">Tensors that fit equally well.</param>
    public TensorInfo? Find(string name, out IReadOnlyList<TensorInfo> ambiguous)
    {
        ambiguous = [];
        string[] words = Canonical(name);
        if (_exact.TryGetValue(string.Join('.', words), out TensorInfo? exact))
        {
            return exact;
        }

        (string[] before, string end) = Split(words);
        (int Common, TensorInfo Tensor)[] fitting =
        [
            .. _byEnd.GetValueOrDefault(end, []).Where(other => Agree(before, other.Before))
                .Select(other => (before.Intersect(other.Before).Count(), other.Tensor)).OrderByDescending(other => other.Item1),
        ];
        if (fitting.Length > 1 && fitting[0].Common == fitting[1].Common)
        {
            ambiguous = [.. fitting.Where(other => other.Common == fitting[0].Common).Select(other => other.Tensor)];
            return null;
        }

        return fitting.Length == 0 ? null : fitting[0].Tensor;
    }

    /// <summary>Whether any tensor belongs to a module of a name, or to one within it.</summary>
    public bool HasModule(string module) => _exact.Keys.Any(name => $".{name}".Contains($".{module}.", StringComparison.Ordinal));

    private static bool Agree(string[] one, string[] other)
    {
        bool isVision = one.Contains("vision_tower") && other.Contains("vision_tower");
        return one.Except(other).Concat(other.Except(one)).All(word => _neutral.Contains(word) || (isVision && word == "vision_model"));
    }

    private static (string[] Before, string End) Split(string[] words)
    {
        int number = Array.FindIndex(words, word => word.All(char.IsAsciiDigit));
        int end = Math.Max(0, number > 0 ? number - 1 : words.Length - 2);
        return (words[..end], string.Join('.', words[end..]));
    }

    // Mixtral's experts have names of their own on disk.
    private static string[] Canonical(string name)
    {
        string[] words = name.Split('.');
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = words[i] switch
            {
                "block_sparse_moe" => "mlp",
                "w1" when IsOfExpert(words, i) => "gate_proj",
                "w2" when IsOfExpert(words, i) => "down_proj",
                "w3" when IsOfExpert(words, i) => "up_proj",
                _ => words[i],
            };
        }

        return words;
    }

    private static bool IsOfExpert(string[] words, int at) => at > 1 && words[at - 2] == "experts";
}
