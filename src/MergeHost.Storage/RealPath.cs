namespace MergeHost.Storage;

/// <summary>Follows links.</summary>
public static class RealPath
{
    private const int MostLinks = 40;

    /// <summary>The absolute path, without a link in any part, of what a path leads to; it need not exist.</summary>
    /// <exception cref="IOException">Links lead in a circle, or a part cannot be read.</exception>
    public static string Of(string path)
    {
        // No Path.GetFullPath: 'link/..' is the parent of what the link leads to, not of the link.
        string absolute = Path.Combine(Environment.CurrentDirectory, path);
        string real = Path.GetPathRoot(absolute)!;
        Stack<string> parts = [];
        Push(parts, absolute[real.Length..]);
        int links = 0;
        while (parts.TryPop(out string? part))
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            string next = Path.Combine(real, part);
            string? target = new FileInfo(next).LinkTarget;
            if (target is null)
            {
                real = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new IOException($"{path}: links lead in a circle");
            }

            string root = Path.GetPathRoot(target)!;
            real = root.Length > 0 ? root : real;
            Push(parts, target[root.Length..]);
        }

        return real;
    }

    private static void Push(Stack<string> parts, string path)
    {
        foreach (string part in path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar]).Reverse())
        {
            if (part is not ("" or "."))
            {
                parts.Push(part);
            }
        }
    }
}
