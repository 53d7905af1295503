using System.Buffers.Binary;
using System.Text;
using MergeHost.Torch.Native;

namespace MergeHost.Torch.Tests.Native;

public sealed class VersionNeedTests
{
    private const string Version = "LIB_2";
    private const string Marker = "marker";

    [Fact]
    public void Weaken_WhenOneUnusedSymbolAsks_SetsOneFlag()
    {
        Library library = new();
        byte[] copy = VersionNeed.Weaken(library.Content, Version, Marker);
        int[] changed = [.. Enumerable.Range(0, copy.Length).Where(i => copy[i] != library.Content[i])];
        Assert.Equal([library.FlagsAt], changed);
        Assert.Equal(2, copy[library.FlagsAt]);
    }

    [Fact]
    public void Weaken_WhenTheFlagIsSet_ChangesNothing()
    {
        byte[] once = VersionNeed.Weaken(new Library().Content, Version, Marker);
        Assert.Equal(once, VersionNeed.Weaken(once, Version, Marker));
    }

    [Fact]
    public void Weaken_WhenTwoSymbolsAsk_Refuses() =>
        AssertRefused(new Library { Versions = [0, 2, 2] }, "2 symbols ask for LIB_2");

    [Fact]
    public void Weaken_WhenNoSymbolAsks_Refuses() =>
        AssertRefused(new Library { Versions = [0, 1, 1] }, "0 symbols ask for LIB_2");

    [Fact]
    public void Weaken_WhenAnotherSymbolAsks_NamesIt() =>
        AssertRefused(new Library { Versions = [0, 2, 1] }, "asked for by 'floor'");

    [Fact]
    public void Weaken_WhenARelocationUsesTheSymbol_Refuses() =>
        AssertRefused(new Library { RelocatedSymbol = 2 }, "'marker' is used by a relocation");

    [Fact]
    public void Weaken_WhenTheVersionIsNotAskedFor_Refuses()
    {
        InvalidDataException exception =
            Assert.Throws<InvalidDataException>(() => VersionNeed.Weaken(new Library().Content, "LIB_9", Marker));
        Assert.Contains("LIB_9 is named 0 times", exception.Message);
    }

    [Fact]
    public void Weaken_OfAFileThatIsNoLibrary_Refuses()
    {
        InvalidDataException exception =
            Assert.Throws<InvalidDataException>(() => VersionNeed.Weaken("<html>"u8.ToArray(), Version, Marker));
        Assert.Contains("not an ELF library", exception.Message);
    }

    [Fact]
    public void Weaken_OfALibraryCutAnywhere_Refuses()
    {
        byte[] content = new Library().Content;
        for (int length = 0; length < content.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => VersionNeed.Weaken(content[..length], Version, Marker));
        }
    }

    [Fact]
    public void Weaken_OfALibraryWithAnyByteSpoilt_ThrowsNothingElse()
    {
        byte[] content = new Library().Content;
        for (int i = 0; i < content.Length; i++)
        {
            byte[] spoilt = [.. content];
            spoilt[i] = 0xFF;
            Exception? exception = Record.Exception(() => VersionNeed.Weaken(spoilt, Version, Marker));
            Assert.True(exception is null or InvalidDataException, $"byte {i}: {exception}");
        }
    }

    [TorchFact]
    public void Weaken_OfTheRealBridge_SetsOneFlag()
    {
        byte[] bridge = File.ReadAllBytes(TorchLibrary.Find().Bridge);
        byte[] copy = VersionNeed.Weaken(bridge, BridgeCopy.MissingVersion, "_ZSt21ios_base_library_initv");
        Assert.Equal(1, bridge.Zip(copy).Count(pair => pair.First != pair.Second));
    }

    private static void AssertRefused(Library library, string reason)
    {
        InvalidDataException exception =
            Assert.Throws<InvalidDataException>(() => VersionNeed.Weaken(library.Content, Version, Marker));
        Assert.Contains(reason, exception.Message);
    }

    /// <summary>An ELF file with nothing but what is looked at: symbols <c>floor</c> and
    /// <c>marker</c>, two versions of a library.</summary>
    private sealed class Library
    {
        private const int HeaderBytes = 0x40;
        private const int SectionBytes = 0x40;
        private const string Names = "\0floor\0marker\0LIB_1\0LIB_2\0lib.so\0";

        private byte[]? _content;

        public ushort[] Versions { get; init; } = [0, 1, 2];

        public int RelocatedSymbol { get; init; } = 1;

        public byte[] Content => _content ??= Build();

        public int FlagsAt { get; private set; }

        private byte[] Build()
        {
            byte[] symbols = new byte[3 * 24];
            Put(symbols, 24, NameAt("floor"));
            Put(symbols, 48, NameAt("marker"));
            byte[] versions = [.. Versions.SelectMany(BitConverter.GetBytes)];
            byte[] needs = new byte[16 + (2 * 16)];
            BinaryPrimitives.WriteUInt16LittleEndian(needs, 1);
            BinaryPrimitives.WriteUInt16LittleEndian(needs.AsSpan(2), 2);
            Put(needs, 4, NameAt("lib.so"));
            Put(needs, 8, 16);
            PutNeed(needs, 16, 1, NameAt("LIB_1"), 16);
            PutNeed(needs, 32, 2, NameAt("LIB_2"), 0);
            byte[] relocations = new byte[24];
            Put(relocations, 12, (uint)RelocatedSymbol);

            (uint Type, uint Link, byte[] Data)[] sections =
            [
                (0, 0, []), (11, 2, symbols), (3, 0, Encoding.ASCII.GetBytes(Names)),
                (0x6FFF_FFFF, 1, versions), (0x6FFF_FFFE, 2, needs), (4, 1, relocations),
            ];
            List<byte> data = [];
            byte[] table = new byte[SectionBytes * sections.Length];
            for (int i = 0; i < sections.Length; i++)
            {
                Put(table, (i * SectionBytes) + 4, sections[i].Type);
                Put(table, (i * SectionBytes) + 0x18, (uint)(HeaderBytes + data.Count));
                Put(table, (i * SectionBytes) + 0x20, (uint)sections[i].Data.Length);
                Put(table, (i * SectionBytes) + 0x28, sections[i].Link);
                FlagsAt = sections[i].Data == needs ? HeaderBytes + data.Count + 32 + 4 : FlagsAt;
                data.AddRange(sections[i].Data);
            }

            byte[] header = new byte[HeaderBytes];
            new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1 }.CopyTo(header, 0);
            Put(header, 0x28, (uint)(HeaderBytes + data.Count));
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(0x3A), SectionBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(0x3C), (ushort)sections.Length);
            return [.. header, .. data, .. table];
        }

        private static void PutNeed(byte[] needs, int at, ushort index, uint name, uint next)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(needs.AsSpan(at + 6), index);
            Put(needs, at + 8, name);
            Put(needs, at + 12, next);
        }

        private static uint NameAt(string name) => (uint)Names.IndexOf($"\0{name}\0", StringComparison.Ordinal) + 1;

        private static void Put(byte[] data, int at, uint value) =>
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(at), value);
    }
}
