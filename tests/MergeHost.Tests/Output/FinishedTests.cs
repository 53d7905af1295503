using MergeHost.Tests.Running;

namespace MergeHost.Tests.Output;

/// <summary>What counts as a merge that is done already.</summary>
public sealed class FinishedTests : IDisposable
{
    private readonly MergeBed _bed = new();
    private readonly string _recipe;

    public FinishedTests()
    {
        _bed.Copy("base", "base");
        _bed.Copy("finance", "finance");
        Directory.CreateDirectory(_bed["real"]);
        File.Move(_bed["base/model.safetensors"], _bed["real/weights"]);
        File.CreateSymbolicLink(_bed["base/model.safetensors"], _bed["real/weights"]);
        _recipe = $"merge_method: linear\nmodels: [{{model: {_bed["base"]}}}, {{model: {_bed["finance"]}}}]\nparameters: {{weight: 1}}";
        _bed.Merge(_recipe, "out");
    }

    public static TheoryData<string> Damages =>
        ["weights deleted", "weights cut short", "config deleted", "config edited", "tokenizer deleted", "tokenizer is a folder"];

    public static TheoryData<string> Changes =>
    [
        "weights of the same size and an older time", "weights of the same size and time, written in place",
        "weights of the same size and time, renamed over",
        "weights behind a link", "the link", "config.json", "tokenizer.json", "a file more", "a file less",
    ];

    [Fact]
    public void Merge_WhenNothingChanged_SaysThatItIsComplete()
    {
        Assert.True(_bed.Merge(_recipe, "out").IsAlreadyComplete);
        Assert.False(_bed.Merge(_recipe, "other").IsAlreadyComplete);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void Merge_WhenAFileOfTheOutputIsDamaged_SaysSoAndMakesItAgainWhenForced(string damage)
    {
        switch (damage)
        {
            case "weights deleted":
                File.Delete(_bed["out/model.safetensors"]);
                break;
            case "weights cut short":
                using (FileStream file = File.OpenWrite(_bed["out/model.safetensors"]))
                {
                    file.SetLength(1_000_000);
                }

                break;
            case "config deleted":
                File.Delete(_bed["out/config.json"]);
                break;
            case "config edited":
                File.WriteAllText(_bed["out/config.json"],
                    File.ReadAllText(_bed["out/config.json"]).Replace("silu", "gelu", StringComparison.Ordinal));
                break;
            case "tokenizer deleted":
                File.Delete(_bed["out/tokenizer.json"]);
                break;
            default:
                File.Delete(_bed["out/generation_config.json"]);
                Directory.CreateDirectory(_bed["out/generation_config.json"]);
                break;
        }

        Assert.Equal(ErrorCodes.VerifyFailed, MergeBed.Fails(() => _bed.Merge(_recipe, "out")).Code);
        if (Directory.Exists(_bed["out/generation_config.json"]))
        {
            Directory.Delete(_bed["out/generation_config.json"]);
        }

        Assert.False(_bed.Merge(_recipe, "out", new MergeOptions { Force = true }).IsAlreadyComplete);
        Assert.Empty(_bed.Engine.Verify(_bed["out"]));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void Merge_WhenAnInputIsAnotherOne_SaysSoAndMakesItAgainWhenForced(string change)
    {
        Change(change);
        Problem problem = MergeBed.Fails(() => _bed.Merge(_recipe, "out"));
        Assert.Equal(ErrorCodes.OtherMerge, problem.Code);
        Assert.Contains("has changed", problem.Message, StringComparison.Ordinal);
        Assert.Equal(MergeBed.Digests(_bed.Merge(_recipe, "fresh")),
            MergeBed.Digests(_bed.Merge(_recipe, "out", new MergeOptions { Force = true })));
        Assert.True(_bed.Merge(_recipe, "out").IsAlreadyComplete);
    }

    // A resume would mix old and new bytes.
    [Theory]
    [MemberData(nameof(Changes))]
    public void Merge_WhenAnInputIsAnotherOneThanBeforeTheInterruption_DoesNotResume(string change)
    {
        using CancellationTokenSource cancellation = new();
        Assert.Throws<OperationCanceledException>(() => _bed.Merge(
            _recipe, "half", new MergeOptions { Threads = 1 }, new Told(told =>
            {
                if (told.DoneTensors >= 4)
                {
                    cancellation.Cancel();
                }
            }), cancellation.Token));
        Change(change);
        Assert.Equal(ErrorCodes.OtherMerge, MergeBed.Fails(() => _bed.Merge(_recipe, "half")).Code);
    }

    [Theory]
    [InlineData("weights behind a link")]
    [InlineData("weights of the same size and time, renamed over")]
    [InlineData("tokenizer.json")]
    public void Merge_WhenAnInputChangesWhileItIsRead_Fails(string change)
    {
        bool isChanged = false;
        Problem problem = MergeBed.Fails(() => _bed.Merge(_recipe, "while", null, new Told(_ =>
        {
            if (!isChanged)
            {
                isChanged = true;
                Change(change);
            }
        })));
        Assert.Equal(ErrorCodes.ChangedWhileRead, problem.Code);
    }

    public void Dispose() => _bed.Dispose();

    // .NET itself writes to no file that it has open, but others do.
    private static void Overwrite(string path, string content) =>
        System.Diagnostics.Process.Start("cp", ["--no-preserve=all", content, path]).WaitForExit();

    private void Change(string change)
    {
        string weights = _bed["finance/model.safetensors"];
        DateTime time = File.GetLastWriteTimeUtc(weights);
        string other = MergeBed.Models + "math/model.safetensors";
        switch (change)
        {
            case "weights of the same size and an older time":
                Overwrite(weights, other);
                File.SetLastWriteTimeUtc(weights, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
                break;
            case "weights of the same size and time, written in place":
                Overwrite(weights, other);
                File.SetLastWriteTimeUtc(weights, time);
                break;
            case "weights of the same size and time, renamed over":
                File.Copy(other, _bed["new"]);
                File.SetLastWriteTimeUtc(_bed["new"], time);
                File.Move(_bed["new"], weights, overwrite: true);
                break;
            case "weights behind a link":
                Overwrite(_bed["real/weights"], other);
                break;
            case "the link":
                File.Delete(_bed["base/model.safetensors"]);
                File.CreateSymbolicLink(_bed["base/model.safetensors"], other);
                break;
            case "config.json":
                File.WriteAllText(_bed["base/config.json"], File.ReadAllText(_bed["base/config.json"]) + "\n");
                break;
            case "tokenizer.json":
                File.WriteAllText(_bed["base/tokenizer.json"], File.ReadAllText(_bed["base/tokenizer.json"]) + "\n");
                break;
            case "a file more":
                File.WriteAllText(_bed["base/special_tokens_map.json"], "{}");
                break;
            default:
                File.Delete(_bed["base/generation_config.json"]);
                break;
        }
    }
}
