using System.Buffers.Binary;
using System.Text;

namespace MergeHost.Torch.Native;

/// <summary>Takes back a library's demand for a version of another library that nothing in it needs.</summary>
/// <remarks>
/// glibc refuses a library when another lacks a version that it names, even if the only symbol of that version is a marker that
/// no relocation refers to. A demand that is flagged weak is not insisted on. The flag is all that changes; where anything is not
/// as described here, nothing is made. Terms are those of ELF, 64 bits, little-endian.
/// </remarks>
/// <seealso href="https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html"/>
internal static class VersionNeed
{
    private const uint RelocationSection = 4;
    private const uint SymbolSection = 11;
    private const uint NeedSection = 0x6FFF_FFFE;
    private const uint VersionSection = 0x6FFF_FFFF;
    private const int SymbolBytes = 24;
    private const int RelocationBytes = 24;
    private const ushort WeakFlag = 2;
    private const ushort HiddenFlag = 0x8000;

    private static ReadOnlySpan<byte> Magic => [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1];

    /// <summary>Copies a library and flags its demand for a version as weak.</summary>
    /// <param name="library">The library's file.</param>
    /// <param name="version">The version, such as <c>GLIBCXX_3.4.32</c>.</param>
    /// <param name="symbol">The only symbol that may ask for it.</param>
    /// <exception cref="InvalidDataException">The file is no such library, or needs more of the version than that.</exception>
    public static byte[] Weaken(byte[] library, string version, string symbol)
    {
        try
        {
            List<Section> sections = Sections(library);
            Section symbols = Only(sections, SymbolSection, "tables of symbols");
            ReadOnlySpan<byte> names = sections[checked((int)symbols.Link)].Of(library);
            int need = FindNeed(library, Only(sections, NeedSection, "tables of needed versions"), names, version);
            int user = OnlyUser(Only(sections, VersionSection, "tables of versions").Of(library), U16(library, need + 6), version);
            string found = Name(names, U32(symbols.Of(library), user * SymbolBytes));
            if (found != symbol)
            {
                throw new InvalidDataException($"{version} is asked for by '{found}', not by '{symbol}'");
            }

            if (sections.Where(section => section.Type == RelocationSection).Any(section => Refers(section.Of(library), user)))
            {
                throw new InvalidDataException($"'{symbol}' is used by a relocation");
            }

            byte[] copy = [.. library];
            BinaryPrimitives.WriteUInt16LittleEndian(copy.AsSpan(need + 4), (ushort)(U16(library, need + 4) | WeakFlag));
            return copy;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("it is cut short, or points outside itself", e);
        }
    }

    private static List<Section> Sections(ReadOnlySpan<byte> library)
    {
        if (!library.StartsWith(Magic))
        {
            throw new InvalidDataException("it is not an ELF library of 64 bits");
        }

        int table = checked((int)U64(library, 0x28));
        int entryBytes = U16(library, 0x3A);
        int count = U16(library, 0x3C);
        List<Section> sections = [];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = library.Slice(checked(table + (i * entryBytes)), 0x40);
            int offset = checked((int)U64(entry, 0x18));
            sections.Add(new Section(U32(entry, 4), offset, checked((int)U64(entry, 0x20)), U32(entry, 0x28)));
        }

        return sections;
    }

    private static Section Only(List<Section> sections, uint type, string what)
    {
        List<Section> found = sections.FindAll(section => section.Type == type);
        return found.Count == 1 ? found[0] : throw new InvalidDataException($"it has {found.Count} of the {what}, not 1");
    }

    // Each library that is needed has an entry with a chain of the versions needed of it.
    private static int FindNeed(ReadOnlySpan<byte> library, Section needs, ReadOnlySpan<byte> names, string version)
    {
        List<int> found = [];
        int entry = needs.Offset;
        for (uint next = 1; next != 0; entry += checked((int)next))
        {
            int need = checked(entry + (int)U32(library, entry + 8));
            for (int left = U16(library, entry + 2); left > 0; left--)
            {
                if (Name(names, U32(library, need + 8)) == version)
                {
                    found.Add(need);
                }

                need = checked(need + (int)U32(library, need + 12));
            }

            next = U32(library, entry + 12);
        }

        return found.Count == 1 ? found[0] : throw new InvalidDataException($"{version} is named {found.Count} times, not once");
    }

    private static int OnlyUser(ReadOnlySpan<byte> versions, int index, string version)
    {
        List<int> users = [];
        for (int i = 0; i < versions.Length / 2; i++)
        {
            if ((U16(versions, i * 2) & ~HiddenFlag) == index)
            {
                users.Add(i);
            }
        }

        return users.Count == 1 ? users[0] : throw new InvalidDataException($"{users.Count} symbols ask for {version}, not 1");
    }

    private static bool Refers(ReadOnlySpan<byte> relocations, int symbol)
    {
        for (int at = 0; at < relocations.Length; at += RelocationBytes)
        {
            if (U64(relocations, at + 8) >> 32 == (ulong)symbol)
            {
                return true;
            }
        }

        return false;
    }

    private static string Name(ReadOnlySpan<byte> names, uint offset)
    {
        ReadOnlySpan<byte> rest = names[checked((int)offset)..];
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    private static ushort U16(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(data[offset..]);

    private static uint U32(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(data[offset..]);

    private static ulong U64(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(data[offset..]);

    private readonly record struct Section(uint Type, int Offset, int LengthBytes, uint Link)
    {
        public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> library) => library.Slice(Offset, LengthBytes);
    }
}
