using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace;
using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.HuggingFace;

/// <summary>Files that are read where they are, once and mostly in order.</summary>
public sealed class HubStreamTests : IDisposable
{
    private const string Weights = "model.safetensors";
    private const int Length = 11_000_000;

    private readonly FakeHub _hub = new();
    private readonly TemporaryFolder _folder = new();
    private readonly HubConnection _connection;
    private readonly byte[] _weights = HuggingFaceStoreTests.Bytes(Length);
    private readonly HubFiles _files;

    public HubStreamTests()
    {
        _hub.Add("org/tiny", (Weights, _weights), ("other.safetensors", _weights[..3_000_000]));
        _connection = new HubConnection(_hub.Settings(_folder.Path));
        _files = HubFiles.At(HubRepository.Open(_connection, HubName.TryParse("org/tiny")!, default), "");
    }

    [Theory]
    [InlineData(1_000_000, 1)]
    [InlineData(77_777, 1)]
    [InlineData(1_000_000, 6)]
    [InlineData(3_000_000, 3)]
    public void Read_InOrder_FetchesEachByteOnce_AndComparesAllOfThem(int step, int threads)
    {
        using CheckpointFile file = _files.Open(Weights);
        file.Read(0, new byte[8]);
        _files.Stream([Weights]);
        byte[] content = new byte[Length];
        Parallel.For(0, (Length + step - 1) / step, new ParallelOptions { MaxDegreeOfParallelism = threads }, part =>
            file.Read((long)part * step, content.AsSpan(part * step, Math.Min(step, Length - (part * step)))));
        Assert.Equal(_weights, content);
        Assert.Equal(Length, _hub.StorageBytes);
        Assert.Empty(_files.Uncompared([Weights]));
        Assert.Empty(Directory.Exists(_folder["models--org--tiny/blobs"]) ? Directory.GetFiles(_folder["models--org--tiny/blobs"]) : []);
    }

    [Fact]
    public void Read_OfAPart_LeavesTheFileUncompared()
    {
        using CheckpointFile file = _files.Open(Weights);
        _files.Stream([Weights]);
        byte[] content = new byte[1_000];
        file.Read(9_000_000, content);
        Assert.Equal(_weights[9_000_000..9_001_000], content);
        Assert.Equal([Weights], _files.Uncompared([Weights]));
    }

    [Fact]
    public void Read_AgainOrFromTheEnd_GivesTheSameBytes()
    {
        using CheckpointFile file = _files.Open(Weights);
        _files.Stream([Weights]);
        byte[] content = new byte[Length];
        for (int pass = 0; pass < 2; pass++)
        {
            for (int start = Length - 1_000_000; start >= 0; start -= 1_000_000)
            {
                file.Read(start, content.AsSpan(start, 1_000_000));
            }
        }

        Assert.Equal(_weights, content);
    }

    [Fact]
    public void Read_WhenOtherBytesCome_FailsOnceTheFileHasPassed_AndEverAfter()
    {
        byte[] other = [.. _weights];
        other[5_000_000] ^= 1;
        _hub.Fault = request => FakeHub.Target(request).Contains("Signature", StringComparison.Ordinal) && _hub.Send(request, other) > 0;
        using CheckpointFile file = _files.Open(Weights);
        _files.Stream([Weights]);
        byte[] content = new byte[1_000_000];
        CheckpointException exception = Assert.Throws<CheckpointException>(() =>
        {
            for (int start = 0; start < Length; start += content.Length)
            {
                file.Read(start, content);
            }
        });
        Assert.Equal(ErrorCodes.HubDamaged, exception.Code);
        Assert.Contains($"org/tiny/{Weights}", exception.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.HubDamaged, Assert.Throws<CheckpointException>(() => _files.IdentityOf(Weights)).Code);
        Assert.Equal(ErrorCodes.HubDamaged, Assert.Throws<CheckpointException>(() => file.Read(0, content)).Code);
    }

    [Fact]
    public void Stream_OfWhatIsCached_ComparesItAndReadsItThere()
    {
        _files.Fetch(["other.safetensors"], null, default);
        long before = _hub.StorageBytes;
        using CheckpointFile file = _files.Open("other.safetensors");
        _files.Stream(["other.safetensors"]);
        file.Read(0, new byte[1_000_000]);
        Assert.Equal(before, _hub.StorageBytes);
        Assert.Empty(_files.Uncompared(["other.safetensors"]));
        File.WriteAllBytes(_folder[$"models--org--tiny/blobs/{file.Identity}"], new byte[3_000_000]);
        Assert.Equal(ErrorCodes.HubDamaged, Assert.Throws<CheckpointException>(() => _files.Stream(["other.safetensors"])).Code);
    }

    [Fact]
    public void Read_NearTheEndOfAFile_FetchesTheBeginningOfTheNext()
    {
        using CheckpointFile file = _files.Open(Weights);
        _files.Stream([Weights, "other.safetensors"]);
        file.Read(Length - 1, new byte[1]);
        Assert.True(SpinWait.SpinUntil(() => _hub.Requests.Any(request => request.Contains("other.safetensors", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(5)));
    }

    public void Dispose()
    {
        _connection.Dispose();
        _hub.Dispose();
        _folder.Dispose();
    }
}
