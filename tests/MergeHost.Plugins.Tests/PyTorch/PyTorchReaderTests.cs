using System.IO.Compression;
using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.PyTorch;

public sealed class PyTorchReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Read_OfAStoredTensor_TakesTheBytesWhereTheyLie()
    {
        string path = _folder.Write("model.bin", TorchBytes.Dict().ToArchive());
        using ICheckpointReader reader = new PyTorchFormat().Open(path);
        TensorInfo tensor = Assert.Single(reader.Tensors);
        Assert.Equal(new TensorInfo("w", DType.F32, [4]), tensor);
        byte[] run = new byte[8];
        reader.Read(tensor, 1, run);
        Assert.Equal([4, 5, 6, 7, 8, 9, 10, 11], run);
    }

    [Fact]
    public void Read_OfALargeDeflatedStorage_UnpacksItOnceForAllThreads()
    {
        byte[] content = new byte[8 << 20];
        new Random(1).NextBytes(content.AsSpan(0, 4 << 20));
        byte[] pickle = new TorchBytes().Op((byte)'}').Text("w").Tensor(elements: 2 << 20, size: 2 << 20).Op((byte)'s').ToPickle();
        string path = _folder.Write("model.bin", TorchBytes.Archive(
            CompressionLevel.Fastest, ("archive/data.pkl", pickle), ("archive/data/0", content)));
        Assert.True(new FileInfo(path).Length < content.Length);
        using ICheckpointReader reader = new PyTorchFormat().Open(path);
        Parallel.For(0, 64, part =>
        {
            byte[] run = new byte[content.Length / 64];
            reader.Read(reader.Tensors[0], part * run.Length / 4, run);
            Assert.True(content.AsSpan(part * run.Length, run.Length).SequenceEqual(run), $"part {part}");
        });
    }

    // A matrix that was transposed: its rows are columns of the storage, of which one is longer than what is read at once.
    [Fact]
    public void Read_OfALargeTransposedMatrix_GivesItsRows()
    {
        const int rows = 300;
        const int columns = 5000;
        byte[] content = new byte[4 * rows * columns];
        new Random(1).NextBytes(content);
        TorchBytes pickle = new TorchBytes().Op((byte)'}').Text("w").Tensor(rows * columns, [rows, columns], [1, rows]).Op((byte)'s');
        string path = _folder.Write("model.bin", TorchBytes.Archive(("a/data.pkl", pickle.ToPickle()), ("a/data/0", content)));
        using ICheckpointReader reader = new PyTorchFormat().Open(path);
        byte[] run = new byte[4 * 7 * columns];
        reader.Read(reader.Tensors[0], 123 * columns, run);
        for (int element = 0; element < run.Length / 4; element++)
        {
            int place = 4 * ((element % columns * rows) + 123 + (element / columns));
            Assert.Equal(BitConverter.ToInt32(content, place), BitConverter.ToInt32(run, 4 * element));
        }
    }

    [Theory]
    [InlineData("os", "system", "'os.system' is not among the names")]
    [InlineData("posix", "system", "'posix.system'")]
    [InlineData("torch._utils", "_rebuild_tensor_v2.__builtins__.get", "_rebuild_tensor_v2.__builtins__.get")]
    [InlineData("torch.storage", "_load_from_bytes", "torch.storage._load_from_bytes")]
    [InlineData("tоrch._utils", "_rebuild_tensor_v2", "is not among the names")]
    [InlineData("collections\r", "OrderedDict\r", "collections\\u000d.OrderedDict\\u000d")]
    public void Open_OfAPickleThatNamesAnythingElse_NamesItAndItsPlace(string module, string name, string expected)
    {
        CheckpointException exception = Refuse(new TorchBytes().Op((byte)'}').Text("w").Global(module, name).Op((byte)'s'));
        Assert.Equal(ErrorCodes.UnsafePickle, exception.Code);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Contains("model.bin: data.pkl: byte 9: ", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((byte)'i', "INST (0x69)")]
    [InlineData((byte)'o', "OBJ (0x6F)")]
    [InlineData((byte)'P', "PERSID (0x50)")]
    [InlineData((byte)'2', "DUP (0x32)")]
    [InlineData(0x82, "EXT1 (0x82)")]
    [InlineData(0x92, "NEWOBJ_EX (0x92)")]
    [InlineData(0x97, "NEXT_BUFFER (0x97)")]
    [InlineData(0xFF, "0xFF, which no pickle has")]
    public void Open_OfAnOpcodeThatWeightsDoNotNeed_NamesItAndItsPlace(byte opcode, string expected)
    {
        CheckpointException exception = Refuse(new TorchBytes().Op((byte)'}', opcode));
        Assert.Equal(ErrorCodes.UnsafePickle, exception.Code);
        Assert.Contains($"byte 3: opcode {expected}", exception.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[]> Bombs => new()
    {
        { "nested deeper than 200", new TorchBytes().Op((byte)')').Many(100_000, 0x85).ToPickle() },
        { "nested deeper than 200", new TorchBytes().Many(100_000, (byte)']').Many(99_999, (byte)'a').ToPickle() },
        { "more than 200 marks", new TorchBytes().Many(100_000, (byte)'(').ToPickle() },
        {
            "the key of a dict is a tuple",
            new TorchBytes().Op((byte)'}', (byte)')', (byte)'q', 0).Many(40, (byte)'h', 0, 0x86, (byte)'q', 0)
                .Op((byte)'K', 1, (byte)'s').ToPickle()
        },
        { "4,294,967,295 bytes are wanted", new TorchBytes().Op((byte)'X', 0xFF, 0xFF, 0xFF, 0xFF).ToPickle() },
        { "opcode LONG4 (0x8B)", new TorchBytes().Op(0x8B, 0xFF, 0xFF, 0xFF, 0x7F).ToPickle() },
        {
            "a value that holds itself",
            new TorchBytes().Op((byte)'}', (byte)'q', 0).Text("state_dict").Op((byte)'h', 0, (byte)'s').ToPickle()
        },
        { "with other arguments", new TorchBytes().Global("builtins", "bytearray").Number(1L << 40).Op(0x85, (byte)'R').ToPickle() },
        { "the name is longer than 1024 bytes", TorchBytes.Dict(new string('n', 70_000)).ToPickle() },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Open_OfAPickleThatIsMeantToHarm_EndsSoonAndSmall(string expected, byte[] pickle)
    {
        string path = _folder.Write("model.bin", TorchBytes.Archive(("archive/data.pkl", pickle), ("archive/data/0", new byte[16])));
        long before = GC.GetAllocatedBytesForCurrentThread();
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new PyTorchFormat().Open(path));
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Theory]
    [InlineData("FloatStorage", 4, 1, 4, 1, "ends at element 5")]
    [InlineData("FloatStorage", 4, 0, 2, 4, "ends at element 5")]
    [InlineData("FloatStorage", 4, -1, 4, 1, "the offset -1")]
    [InlineData("FloatStorage", 4, 0, -4, 1, "a size of -4")]
    [InlineData("FloatStorage", 4, 0, 5, 1L << 62, "ends at element 18,446,744,073,709,551,617")]
    [InlineData("FloatStorage", 4, 0, 1L << 40, 0, "expanded to 1,099,511,627,776")]
    [InlineData("FloatStorage", 4, 0, 1L << 62, 0, "more bytes than can be counted")]
    [InlineData("FloatStorage", 1L << 38, 0, 4, 1, "16 bytes; 1,099,511,627,776 are needed")]
    [InlineData("HalfStorage", 4, 0, 4, 1, "16 bytes; 8 are needed")]
    [InlineData("FloatStorage", -4, 0, 4, 1, "a storage of -4 elements")]
    public void Open_OfAViewThatLeavesItsStorage_SaysSo(string type, long elements, long offset, long size, long stride, string expected) =>
        Assert.Contains(
            expected,
            Refuse(new TorchBytes().Op((byte)'}').Text("w").Tensor(type, elements, offset, size, stride).Op((byte)'s')).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Open_OfShardsWithAnIndex_GivesAllTensors()
    {
        _folder.Write("pytorch_model-00001-of-00002.bin", TorchBytes.Dict("a").ToArchive());
        _folder.Write("pytorch_model-00002-of-00002.bin", TorchBytes.Dict("b").ToArchive());
        _folder.Write("pytorch_model.bin.index.json", Encoding.UTF8.GetBytes(
            """
            {
              "metadata": {"total_size": 32},
              "weight_map": {"a": "pytorch_model-00001-of-00002.bin", "b": "pytorch_model-00002-of-00002.bin"}
            }
            """));
        _folder.Write("training_args.bin", "not looked at"u8);
        using ICheckpointReader reader = new PyTorchFormat().Open(_folder.Path);
        Assert.Equal(["a", "b"], reader.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(2, reader.WeightFiles.Count);
        Assert.Empty(reader.Warnings);
    }

    [Fact]
    public void Open_OfATrainersCheckpoint_SaysWhatIsLeftOut()
    {
        TorchBytes checkpoint = new TorchBytes().Op((byte)'}').Text("epoch").Op((byte)'K', 3, (byte)'s')
            .Text("optimizer").Op((byte)'}', (byte)'s').Text("model").Op((byte)'}').Text("w").Tensor().Op((byte)'s', (byte)'s');
        using ICheckpointReader reader = new PyTorchFormat().Open(_folder.Write("last.ckpt", checkpoint.ToArchive()));
        Assert.Equal("w", Assert.Single(reader.Tensors).Name);
        Problem warning = Assert.Single(reader.Warnings);
        Assert.EndsWith(
            "2 values that are not the model's tensors are left out: 'epoch', 'optimizer'", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mp_rank_00", "Megatron's own checkpoint", "Megatron-Bridge")]
    [InlineData("zero_to_fp32.py", "DeepSpeed's checkpoint", "zero_to_fp32.py")]
    public void Open_OfWhatAnotherProgramMustConvert_NamesTheCommand(string marker, string expected, string hint)
    {
        Directory.CreateDirectory(_folder[marker]);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new PyTorchFormat().Open(_folder.Path));
        Assert.Equal(ErrorCodes.ContentUnsupported, exception.Code);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Contains(hint, exception.Problems[0].Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfSeveralFilesWithoutAnIndex_DoesNotGuess()
    {
        _folder.Write("consolidated.00.pth", TorchBytes.Dict().ToArchive());
        _folder.Write("consolidated.01.pth", TorchBytes.Dict().ToArchive());
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new PyTorchFormat().Open(_folder.Path));
        Assert.Contains("Meta's checkpoint in 2 files", exception.Message, StringComparison.Ordinal);
        _folder.Write("model.pt", TorchBytes.Dict().ToArchive());
        exception = Assert.Throws<CheckpointException>(() => new PyTorchFormat().Open(_folder.Path));
        Assert.Contains("and 2 more could be meant", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfACheckpointWithSettings_LooksPastThem()
    {
        TorchBytes checkpoint = new TorchBytes().Op((byte)'}')
            .Text("args").Global("argparse", "Namespace").Op((byte)')', 0x81, (byte)'}')
            .Text("lr").Op((byte)'K', 3, (byte)'s', (byte)'b', (byte)'s')
            .Text("path").Global("pathlib", "PosixPath").Op((byte)'(').Text("/").Text("data").Op((byte)'t', (byte)'R', (byte)'s')
            .Text("model").Op((byte)'}').Text("w").Tensor().Op((byte)'s', (byte)'s');
        using ICheckpointReader reader = new PyTorchFormat().Open(_folder.Write("last.ckpt", checkpoint.ToArchive()));
        Assert.Equal("w", Assert.Single(reader.Tensors).Name);
    }

    [Theory]
    [InlineData("Namespace", "}b", "BUILD of 'argparse.Namespace'")]
    [InlineData("Namespace", ")R)R", "a call of an object of 'argparse.Namespace'")]
    [InlineData("Namespace", ")RNNs", "items are set on an object of 'argparse.Namespace'")]
    [InlineData("_sys.modules", "", "'argparse._sys.modules' is not among the names")]
    public void Open_OfAnObjectOfNoUse_LetsItDoNothing(string name, string then, string expected)
    {
        byte[] opcodes = [.. Encoding.ASCII.GetBytes(then), (byte)'s'];
        CheckpointException exception = Refuse(new TorchBytes().Op((byte)'}').Text("args").Global("argparse", name).Op(opcodes));
        Assert.Equal(ErrorCodes.UnsafePickle, exception.Code);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("an archive that says other sizes after an entry than in its directory", "PK\x07\x08", 8, "bytes in the record after it")]
    [InlineData("a local header that says another method", "PK\x03\x04", 8, "another name or method")]
    [InlineData("a directory that says another size", "PK\x01\x02", 24, "two sizes")]
    [InlineData("a directory that says another place", "PK\x01\x02", 42, "belong to nothing")]
    [InlineData("an end that counts other entries", "PK\x05\x06", 8, "contradict each other")]
    public void Open_OfAnArchiveThatContradictsItself_SaysSo(string what, string signature, int offset, string expected)
    {
        byte[] archive = File.ReadAllBytes(Path.Combine(new TorchFixture("good/views").Folder, "views.pt"));
        int at = archive.AsSpan().LastIndexOf(Encoding.Latin1.GetBytes(signature));
        archive[at + offset]++;
        string path = _folder.Write("model.bin", archive);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new PyTorchFormat().Open(path));
        Assert.True(exception.Message.Contains(expected, StringComparison.Ordinal), $"{what}: {exception.Message}");
    }

    public void Dispose() => _folder.Dispose();

    private CheckpointException Refuse(TorchBytes content) =>
        Assert.Throws<CheckpointException>(() => new PyTorchFormat().Open(_folder.Write("model.bin", content.ToArchive())));
}
