using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage.Native;

/// <summary>Asks the system which files it holds in memory.</summary>
internal static class PageCache
{
    private const int Samples = 256;

    /// <summary>Whether at least half of a sample of a file's pages is in memory; true where it cannot be told.</summary>
    /// <remarks>The system answers only for files that the user owns or may write; for others every page counts as held.</remarks>
    public static bool Holds(SafeFileHandle file, long lengthBytes)
    {
        if (!OperatingSystem.IsLinux() || lengthBytes == 0)
        {
            return true;
        }

        try
        {
            // The file is mapped, but never touched: pages that are not in memory stay out of it.
            using MemoryMappedFile map = MemoryMappedFile.CreateFromFile(
                file, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            using MemoryMappedViewAccessor view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            return HoldsHalf(view, lengthBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return true;
        }
    }

    private static unsafe bool HoldsHalf(MemoryMappedViewAccessor view, long lengthBytes)
    {
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            long pageBytes = Environment.SystemPageSize;
            long pageCount = ((lengthBytes - 1) / pageBytes) + 1;
            int held = 0;
            for (int sample = 0; sample < Samples; sample++)
            {
                byte state = 0;
                byte* page = start + (sample * pageCount / Samples * pageBytes);
                if (LibC.MemoryInCore(page, 1, &state) != 0)
                {
                    return true;
                }

                held += state & 1;
            }

            return held >= Samples / 2;
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }
}
