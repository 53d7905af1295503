namespace MergeHost.Plugins.LanguageModel.Tokenizers;

/// <summary>Turns text into the token ids that a model was trained on.</summary>
/// <param name="encode">The ids of a text alone, without BOS and EOS.</param>
/// <param name="beginId">The id of BOS, or <see langword="null"/> if the model's texts do not begin with it.</param>
internal sealed class TextTokenizer(Func<string, IReadOnlyList<int>> encode, int? beginId)
{
    /// <summary>The id that every text begins with, or <see langword="null"/> if there is none.</summary>
    public int? BeginId => beginId;

    /// <summary>The ids of a text alone, without BOS and EOS.</summary>
    public IReadOnlyList<int> Encode(string text) => text.Length == 0 ? [] : encode(text);
}
