namespace MergeHost.Tokenizers;

/// <summary>A tokenizer that cannot be read to the letter; it is refused rather than approximated.</summary>
internal static class TokenizerException
{
    public static MergeHostException Unsupported(string file, string what, string known) =>
        new(new Problem(ErrorCodes.TokenizerNotSupported, $"{file}: {what} is not supported; supported: {known}",
            "Measure the checkpoint by another program."), null);

    public static MergeHostException Broken(string file, string reason, Exception? inner = null) =>
        new(new Problem(ErrorCodes.BadConfig, $"{file}: {reason}"), inner);
}
