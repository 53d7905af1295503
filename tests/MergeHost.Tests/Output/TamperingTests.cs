using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Output;

/// <summary>What was done to an output after it was written, and that <c>verify</c> notices each.</summary>
public sealed class TamperingTests : IDisposable
{
    private readonly MergeBed _bed = new();

    public static TheoryData<string> Files =>
    [
        "chat_template.jinja", "added_tokens.json", "modeling_evil.py", "adapter_config.json", "consolidated.safetensors",
        "model.safetensors.index.json",
        "pytorch_model.bin", "vocab.txt", "merges.txt", "tokenizer.model.v3.model", "sub/config.json", "model.gguf",
        "generation_config.json.py",
    ];

    public static TheoryData<string> Manifests =>
    [
        "files emptied", "hashes left out", "frames left out", "recipe", "seed", "input digest", "warning removed", "format unknown",
        "format another",
        "null in files", "null in tensors", "null in stages", "name outside", "name absolute", "a pipe", "tensors emptied", "white space",
        "cut short", "not JSON", "a folder",
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Verify_WhenAFileIsAddedThatLoadersRead_NamesIt(string name)
    {
        Merge();
        Directory.CreateDirectory(Path.GetDirectoryName(_bed[$"out/{name}"])!);
        bool isThere = File.Exists(_bed[$"out/{name}"]);
        File.WriteAllText(_bed[$"out/{name}"], "{}");
        Assert.False(isThere);
        Assert.Contains(_bed.Engine.Verify(_bed["out"]), problem => problem.Message.Contains(name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("notes.txt")]
    [InlineData("LICENSE")]
    [InlineData(".git/config.json")]
    [InlineData("plot.png")]
    public void Verify_WhenAFileIsAddedThatNoLoaderReads_IsContent(string name)
    {
        Merge();
        Directory.CreateDirectory(Path.GetDirectoryName(_bed[$"out/{name}"])!);
        File.WriteAllText(_bed[$"out/{name}"], "{}");
        Assert.Empty(_bed.Engine.Verify(_bed["out"]));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Verify_WhenTheManifestIsEdited_Notices(string edit)
    {
        Merge();
        Edit(_bed["out/mergehost.json"], edit);
        try
        {
            Assert.Contains(_bed.Engine.Verify(_bed["out"]), problem => problem.Code == ErrorCodes.VerifyFailed);
        }
        catch (MergeHostException exception)
        {
            Assert.Equal(ErrorCodes.NoManifest, exception.Problems[0].Code);
        }
    }

    // Every part of every file: the header's length, its text, tensors, the end, and what other files say.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Verify_WhenAByteOfAnyFileDiffers_Notices(bool isGguf)
    {
        Merge(isGguf ? "out_format: gguf" : "", new MergeOptions { ShardSizeBytes = 2_000_000 });
        Random random = new(1);
        foreach (string path in Directory.EnumerateFiles(_bed["out"]))
        {
            byte[] content = File.ReadAllBytes(path);
            int[] places = [0, 8, 100, content.Length / 2, content.Length - 1, random.Next(4096), random.Next(content.Length),
                random.Next(content.Length)];
            foreach (int place in places.Where(place => place < content.Length).Distinct())
            {
                byte[] tampered = [.. content];
                tampered[place] ^= 1;
                File.WriteAllBytes(path, tampered);
                Assert.True(IsNoticed(), $"{Path.GetFileName(path)}, byte {place}");
            }

            File.WriteAllBytes(path, [.. content, 0]);
            Assert.True(IsNoticed(), $"{Path.GetFileName(path)}, a byte more");
            File.WriteAllBytes(path, content);
        }

        Assert.False(IsNoticed());
    }

    // A digest of tensors as Hugging Face has them does not see the bytes that are padding or scale positions.
    [Fact]
    public void Verify_WhenPaddingOrMetadataOfAGgufFileDiffers_Notices()
    {
        Merge("out_format: gguf");
        string path = Directory.EnumerateFiles(_bed["out"], "*.gguf").Single();
        byte[] content = File.ReadAllBytes(path);
        foreach (string text in (string[])["layer_norm_rms_epsilon", "tokenizer.ggml.bos_token_id", "general.architecture"])
        {
            byte[] tampered = [.. content];
            int place = content.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) + text.Length + 5;
            tampered[place] ^= 1;
            File.WriteAllBytes(path, tampered);
            Assert.True(IsNoticed(), text);
        }
    }

    public void Dispose() => _bed.Dispose();

    private void Merge(string more = "", MergeOptions? options = null) =>
        _bed.Merge($"{MergeBed.Recipe("linear")}\n{more}", "out", options);

    private bool IsNoticed()
    {
        try
        {
            return _bed.Engine.Verify(_bed["out"]).Count > 0;
        }
        catch (MergeHostException)
        {
            return true;
        }
    }

    private void Edit(string path, string edit)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(path))!;
        JsonArray files = json["files"]!.AsArray();
        switch (edit)
        {
            case "files emptied":
                json["files"] = new JsonArray();
                break;
            case "hashes left out":
                files.ToList().ForEach(file => file!.AsObject().Remove("sha256"));
                break;
            case "frames left out":
                files.ToList().ForEach(file => file!.AsObject().Remove("frameSha256"));
                break;
            case "recipe":
                json["recipe"] = "merge_method: ties";
                break;
            case "seed":
                json["seed"] = 7;
                break;
            case "input digest":
                json["stages"]![0]!["inputs"]![0]!["digest"] = new string('0', 32);
                break;
            case "warning removed":
                json["warnings"] = new JsonArray("another");
                break;
            case "format unknown":
                json["format"] = "zz";
                break;
            case "format another":
                json["format"] = "gguf";
                break;
            case "null in files":
                files.Add(null);
                break;
            case "null in tensors":
                json["tensors"]!.AsArray().Add(null);
                break;
            case "null in stages":
                json["stages"]!.AsArray().Add(null);
                break;
            case "name outside":
                files[0]!["name"] = "../precious";
                break;
            case "name absolute":
                files[0]!["name"] = "/etc/passwd";
                break;
            case "a pipe":
                System.Diagnostics.Process.Start("mkfifo", [_bed["out/pipe"]]).WaitForExit();
                files.Add(new JsonObject { ["name"] = "pipe", ["bytes"] = 0, ["sha256"] = new string('0', 64) });
                break;
            case "tensors emptied":
                json["tensors"] = new JsonArray();
                break;
            case "white space":
                File.WriteAllText(path, File.ReadAllText(path).Replace(": ", ":  ", StringComparison.Ordinal));
                return;
            case "cut short":
                File.WriteAllText(path, File.ReadAllText(path)[..^10]);
                return;
            case "not JSON":
                File.WriteAllText(path, "[]");
                return;
            default:
                File.Delete(path);
                Directory.CreateDirectory(path);
                return;
        }

        File.WriteAllText(path, json.ToJsonString());
    }
}
