using System.Text;
using MergeHost.Reports;

namespace MergeHost.Tests.Running;

/// <summary>Merges from and into GGUF, through the whole of the host.</summary>
public sealed class GgufTests : IDisposable
{
    private const string Query = "model.layers.1.self_attn.q_proj.weight";
    private const string Up = "model.layers.1.mlp.up_proj.weight";
    private const string Norm = "model.layers.1.input_layernorm.weight";

    private readonly MergeBed _bed = new();

    [Fact]
    public void Convert_ToGgufAndBack_KeepsEveryBit()
    {
        MergeManifest there = Convert(MergeBed.Models + "base", "gguf", "gguf");
        MergeManifest back = Convert(_bed["gguf/model.gguf"], "back", "safetensors");
        Assert.Equal(there.Tensors.Count, back.Tensors.Count);
        foreach (string name in there.Tensors.Select(tensor => tensor.Name))
        {
            (TensorInfo before, float[] expected) = MergeBed.Read(MergeBed.Models + "base", name);
            (TensorInfo stored, float[] inGguf) = MergeBed.Read(_bed["gguf"], name, "gguf");
            (TensorInfo after, float[] values) = MergeBed.Read(_bed["back"], name);

            // Vectors are F32 in GGUF, which holds every BF16.
            Assert.Equal(before.Shape.Rank < 2 ? DType.F32 : before.DType, stored.DType);
            Assert.Equal((stored.DType, before.Shape), (after.DType, after.Shape));
            Assert.Equal(expected, inGguf);
            Assert.Equal(expected, values);
        }

        Assert.Empty(_bed.Engine.Verify(_bed["gguf"]));
    }

    [Fact]
    public void Convert_OfAQuantisedFile_CopiesItsBytes()
    {
        MergeManifest first = Convert(MergeBed.Models + "base", "q5", "gguf", "q5_1");
        MergeManifest again = Convert(_bed["q5"], "again", "gguf");
        Assert.Equal(MergeBed.Digests(first), MergeBed.Digests(again));
        Assert.Equal(File.ReadAllBytes(_bed["q5/model.gguf"]), File.ReadAllBytes(_bed["again/model.gguf"]));
    }

    [Theory]
    [InlineData("q8_0", 0.01)]
    [InlineData("q5_0", 0.06)]
    [InlineData("q4_0", 0.12)]
    public void Convert_ToAQuantisedType_StaysWithinItsStep(string type, double most)
    {
        Convert(MergeBed.Models + "base", type, "gguf", type);
        float[] exact = MergeBed.Read(MergeBed.Models + "base", Query).Values;
        (TensorInfo info, float[] values) = MergeBed.Read(_bed[type], Query, "gguf");
        Assert.Equal(type.ToUpperInvariant(), info.DType.Name);
        Assert.InRange(RelativeError(exact, values), 1e-4, most);
    }

    [Fact]
    public void Merge_OfAGgufFileAndAFolder_IsThatOfTwoFolders()
    {
        Convert(MergeBed.Models + "finance", "finance", "gguf");
        const string rest = "parameters: {weight: 0.5}";
        string Recipe(string finance) =>
            $"merge_method: linear\nmodels:\n- model: {finance}\n  {rest}\n- model: {MergeBed.Models}math\n  {rest}\ndtype: float32\n";
        MergeManifest mixed = _bed.Merge(Recipe(_bed["finance/model.gguf"]), "mixed");
        MergeManifest plain = _bed.Merge(Recipe(MergeBed.Models + "finance"), "plain");
        Assert.Equal(MergeBed.Digests(plain).Order(StringComparer.Ordinal), MergeBed.Digests(mixed).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Merge_IntoAQuantisedType_IsTheMergeThatIsQuantisedAfterwards()
    {
        const string recipe =
            "merge_method: linear\nmodels:\n- model: {0}finance\n  parameters: {{weight: 0.5}}\n- model: {0}math\n  parameters: {{weight: "
                + "0.5}}\n";
        string text = string.Format(System.Globalization.CultureInfo.InvariantCulture, recipe, MergeBed.Models);
        MergeManifest direct = _bed.Merge(text + "dtype: float32\nout_format: gguf\nout_type: q8_0\n", "direct");
        _bed.Merge(text + "dtype: float32\n", "float");
        MergeManifest later = Convert(_bed["float"], "later", "gguf", "q8_0");
        Assert.Equal(MergeBed.Digests(later).Order(StringComparer.Ordinal), MergeBed.Digests(direct).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Merge_ByAnImportanceMatrix_IsTheMergeThatIsQuantisedAfterwards()
    {
        string recipe =
            $"merge_method: linear\nmodels:\n- {{model: {MergeBed.Models}finance, parameters: {{weight: 0.5}}}}\n- "
                + $"{{model: {MergeBed.Models}math, parameters: {{weight: 0.5}}}}\ndtype: float32\n";
        string importance = ImportanceMatrix("blk.1.ffn_up.weight", MergeBed.Read(MergeBed.Models + "base", Up).Info.Shape[1]);
        MergeManifest direct = _bed.Merge(recipe + $"output: {{gguf: {{type: q4_k_m, imatrix: {Path.GetFileName(importance)}}}}}\n",
            "direct");
        _bed.Merge(recipe, "float");
        MergeManifest later = Convert(_bed["float"], "later", "gguf", "q4_k_m", importance);
        Assert.Equal(MergeBed.Digests(later).Order(StringComparer.Ordinal), MergeBed.Digests(direct).Order(StringComparer.Ordinal));

        // It makes a difference to the weight that it tells of, and to no other but those whose types it changes.
        MergeManifest without = _bed.Merge(recipe + "out_format: gguf\nout_type: q4_k_m\n", "without");
        Assert.Contains(MergeBed.Digests(without).Except(MergeBed.Digests(direct)),
            tensor => tensor.StartsWith(Up, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("there is none", "MH2001", "there is no such file")]
    [InlineData("of another width", "MH2005", "'blk.1.ffn_up.weight': tells of 7 columns")]
    [InlineData("of another model", "MH2008", "'blk.99.ffn_up.weight'")]
    [InlineData("a model", "MH2002", "expected an importance matrix, found another GGUF file")]
    public void Merge_ByAnImportanceMatrixThatDoesNotFit_NamesThePlaceInTheRecipe(string fault, string code, string words)
    {
        string importance = fault switch
        {
            "there is none" => _bed["none.dat"],
            "of another width" => ImportanceMatrix("blk.1.ffn_up.weight", 7),
            "of another model" => ImportanceMatrix("blk.99.ffn_up.weight", 7),
            _ => _bed["model/model.gguf"],
        };
        if (fault == "a model")
        {
            Convert(MergeBed.Models + "finance", "model", "gguf");
        }

        string recipe =
            $"merge_method: passthrough\nmodels: [{{model: {MergeBed.Models}base}}]\nout_format: gguf\nout_type: q4_k_m\n"
                + $"out_imatrix: {importance}\n";
        Problem problem = MergeBed.Fails(() => _bed.Merge(recipe, "out"));
        Assert.Equal((code, 5), (problem.Code.Id, problem.Place!.Line));
        Assert.All([importance, words], text => Assert.Contains(text, problem.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Merge_OfQuantisedFiles_KeepsTheTypesOfTheBase()
    {
        foreach (string model in (string[])["base", "finance", "math"])
        {
            Convert(MergeBed.Models + model, model, "gguf", "q8_0");
        }

        string recipe =
            $"merge_method: task_arithmetic\nbase_model: {_bed["base"]}\nmodels:\n- model: {_bed["finance"]}\n  parameters: {{weight: "
                + $"0.5}}\n- model: {_bed["math"]}\n  parameters: {{weight: 0.5}}\nout_format: gguf\n";
        _bed.Merge(recipe, "merged");
        Assert.Equal("Q8_0", MergeBed.Read(_bed["merged"], Query, "gguf").Info.DType.Name);
        Assert.Equal(DType.F32, MergeBed.Read(_bed["merged"], Norm, "gguf").Info.DType);
    }

    [Fact]
    public void Convert_OfAScaleThatIsNoNumber_CopiesItAndWarns()
    {
        string broken = WithBrokenScale();
        List<Problem> warnings = [];
        MergeManifest manifest = _bed.Engine.Convert(broken, _bed["copy"], "gguf", null, null, new MergeOptions(), warnings.Add);
        Problem warning = Assert.Single(warnings);
        Assert.Equal((ErrorCodes.NonFinite, Severity.Warning), (warning.Code, warning.Severity));
        Assert.Contains($"'{Up}' with 32", warning.Message, StringComparison.Ordinal);
        Assert.Contains(manifest.Warnings, text => text.Contains($"'{Up}' has 32 values", StringComparison.Ordinal));
        Assert.Equal(File.ReadAllBytes(broken), File.ReadAllBytes(_bed["copy/model.gguf"]));
    }

    [Theory]
    [InlineData("linear", "dtype: float32")]
    [InlineData("passthrough", "dtype: float32")]
    [InlineData("slerp", "parameters: {t: 0.5}")]
    [InlineData("ties", "parameters: {density: 0.5, weight: 0.5}")]
    [InlineData("dg_hard", "")]
    public void Merge_OfAScaleThatIsNoNumber_NamesFileTensorAndElements(string method, string rest)
    {
        string broken = WithBrokenScale();
        string models = method switch
        {
            "passthrough" => $"models: [{{model: {broken}}}]",
            "linear" => $"models:\n- {{model: {broken}, parameters: {{weight: 0.5}}}}\n- {{model: {MergeBed.Models}math, parameters: "
                + $"{{weight: 0.5}}}}",
            _ => $"base_model: {MergeBed.Models}base\nmodels: [{{model: {broken}}}]",
        };
        Problem problem = MergeBed.Fails(() => _bed.Merge($"merge_method: {method}\n{models}\n{rest}\n", "out"));
        Assert.Equal(ErrorCodes.NonFiniteScale, problem.Code);
        Assert.All([broken, $"'{Up}'", "elements 160 to 191", "Q8_0"],
            words => Assert.Contains(words, problem.Message, StringComparison.Ordinal));
        Assert.False(File.Exists(_bed["out/mergehost.json"]));
    }

    [Theory]
    [InlineData(0x7F80, "q8_0")]
    [InlineData(0x7FC0, "q4_k")]
    [InlineData(0x4E80, "q8_0")]
    [InlineData(0x4E80, "q6_k")]
    public void Convert_OfWhatBlocksCannotHold_NamesTheTensor(int bits, string type)
    {
        string model = _bed["wild"];
        Directory.CreateDirectory(model);
        foreach (string file in Directory.EnumerateFiles(MergeBed.Models + "finance")
            .Where(file => !file.EndsWith(".safetensors", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }

        byte[] bytes = File.ReadAllBytes(MergeBed.Models + "finance/model.safetensors");
        byte[] stored = MergeBed.Stored(MergeBed.Models + "finance", Up);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.AsSpan().IndexOf(stored)), (ushort)bits);
        File.WriteAllBytes(Path.Combine(model, "model.safetensors"), bytes);

        Problem problem = MergeBed.Fails(() => Convert(model, "out", "gguf", type));

        Assert.Equal((ErrorCodes.NonFinite, Severity.Error), (problem.Code, problem.Severity));
        Assert.All([$"'{Up}'", "of the results 0 to "], words => Assert.Contains(words, problem.Message, StringComparison.Ordinal));
        Assert.False(File.Exists(_bed["out/mergehost.json"]));
    }

    [Theory]
    [InlineData("q4km", "did you mean 'q4_k_m'?")]
    [InlineData("Q8-0", "did you mean 'q8_0'?")]
    [InlineData("iq2_xxs", "Choose one of same, ")]
    public void Convert_IntoATypeThatIsNotThere_SaysWhichThereAre(string type, string hint)
    {
        Problem problem = MergeBed.Fails(() => Convert(MergeBed.Models + "base", "out", "gguf", type));
        Assert.Equal((ErrorCodes.DTypeUnusable, null), (problem.Code, problem.Place));
        Assert.Contains($"'{type}'", problem.Message, StringComparison.Ordinal);
        Assert.Contains(hint, problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_OfAFileThatIsNotBesideOthers_DoesNotTakeItForAModelOfTheHub()
    {
        Directory.CreateDirectory(_bed["models"]);
        Problem problem = MergeBed.Fails(() => Convert(_bed["models"] + "/missing.gguf", "out", "gguf"));
        Assert.Equal((ErrorCodes.ModelNotFound, null), (problem.Code, problem.Place));
    }

    [Fact]
    public void Merge_AfterACancelledRun_GoesOnAndGivesTheSameFile()
    {
        string recipe = MergeBed.Recipe("task_arithmetic") + "\nout_format: gguf\nout_type: q4_k_m\n";
        _bed.Merge(recipe, "whole");
        using CancellationTokenSource cancellation = new();
        Told progress = new(told =>
        {
            if (told.DoneTensors >= 4)
            {
                cancellation.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() => _bed.Merge(recipe, "out", new MergeOptions { Threads = 1 }, progress,
            cancellation.Token));
        Assert.False(File.Exists(_bed["out/model.gguf"]));
        _bed.Merge(recipe, "out");
        Assert.Equal(File.ReadAllBytes(_bed["whole/model.gguf"]), File.ReadAllBytes(_bed["out/model.gguf"]));
    }

    [Fact]
    public void Merge_IntoAFormatOrTypeThatIsNotThere_NamesThePlaceInTheRecipe()
    {
        string recipe = $"merge_method: passthrough\nmodels: [{{model: {MergeBed.Models}base}}]\n";
        Problem format = MergeBed.Fails(() => _bed.Merge(recipe + "out_format: ggml\n", "out"));
        Assert.Contains("'ggml'", format.Message, StringComparison.Ordinal);
        Problem type = MergeBed.Fails(() => _bed.Merge(recipe + "out_format: gguf\nout_type: q9_z\n", "out"));
        Assert.Equal(ErrorCodes.DTypeUnusable, type.Code);
        Assert.Equal(4, type.Place!.Line);
        Assert.Contains("q8_0", type.Hint, StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();

    // The scale of the sixth block of a weight is infinite.
    private string WithBrokenScale()
    {
        Convert(MergeBed.Models + "finance", "sound", "gguf", "q8_0");
        string path = _bed["sound/model.gguf"];
        byte[] file = File.ReadAllBytes(path);
        int scale = file.AsSpan().IndexOf(MergeBed.Stored(path, Up, "gguf")) + (5 * 34);
        (file[scale], file[scale + 1]) = (0x00, 0x7C);
        return _bed.Folder.Write("broken.gguf", file);
    }

    // As llama-imatrix wrote them before GGUF: the number of weights, and of each its name, calls, columns and sums of squares.
    private string ImportanceMatrix(string weight, long columns) => _bed.Folder.Write("imatrix.dat",
    [
        .. BitConverter.GetBytes(1), .. BitConverter.GetBytes(weight.Length), .. Encoding.ASCII.GetBytes(weight),
        .. BitConverter.GetBytes(2),
        .. BitConverter.GetBytes((int)columns),
        .. Enumerable.Range(0, (int)columns).SelectMany(column => BitConverter.GetBytes(1f + (column % 13))),
    ]);

    private MergeManifest Convert(string input, string output, string format, string? type = null, string? importance = null) =>
        _bed.Engine.Convert(input, _bed[output], format, type, importance, new MergeOptions { BlockElements = 1 << 16 });

    private static double RelativeError(float[] exact, float[] values)
    {
        double error = exact.Zip(values, (a, b) => (double)(a - b) * (a - b)).Sum();
        return Math.Sqrt(error / exact.Sum(value => (double)value * value));
    }
}
