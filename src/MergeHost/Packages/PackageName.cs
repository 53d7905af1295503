namespace MergeHost.Packages;

/// <summary>Names in packages, which strangers wrote: each must become a path within a folder, on any system.</summary>
internal static class PackageName
{
    private const int MostLength = 200;

    private static readonly HashSet<string> _devices = new(StringComparer.OrdinalIgnoreCase)
    {
        "CON", "PRN", "AUX", "NUL", "COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
        "LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
    };

    /// <summary>Why a name must not become a path, in words that follow it; <see langword="null"/> if it may.</summary>
    public static string? Fault(string name)
    {
        if (name.Length is 0 or > MostLength)
        {
            return name.Length == 0 ? "is empty" : $"is longer than {MostLength} characters";
        }

        if (name.StartsWith('/') || name.Contains('\\') || name.Contains(':'))
        {
            return "is not a relative path with '/'";
        }

        if (name.Any(letter => char.IsControl(letter) || letter is '<' or '>' or '"' or '|' or '?' or '*'))
        {
            return "has characters that file names cannot have everywhere";
        }

        foreach (string part in name.Split('/'))
        {
            if (part is "" or "." or "..")
            {
                return $"has the part '{part}'";
            }

            if (part.EndsWith('.') || part.EndsWith(' ') || _devices.Contains(part.Split('.')[0]))
            {
                return $"has the part '{part}', which Windows cannot have";
            }
        }

        return null;
    }

    /// <summary>Two names that are one file, or a file and its folder, where file names know no case;
    /// <see langword="null"/> if all differ.</summary>
    public static (string First, string Second)? Collision(IEnumerable<string> names)
    {
        Dictionary<string, string> files = new(StringComparer.OrdinalIgnoreCase);
        Dictionary<string, string> folders = new(StringComparer.OrdinalIgnoreCase);
        foreach (string name in names)
        {
            if (!files.TryAdd(name, name) || folders.ContainsKey(name))
            {
                return (files[name] == name && folders.TryGetValue(name, out string? inner) ? inner : files[name], name);
            }

            for (int slash = name.IndexOf('/'); slash >= 0; slash = name.IndexOf('/', slash + 1))
            {
                string folder = name[..slash];
                if (files.TryGetValue(folder, out string? file))
                {
                    return (file, name);
                }

                // One folder spelled in two ways would be two where case counts, and one elsewhere.
                if (folders.TryGetValue(folder, out string? other) && !other.StartsWith(folder + "/", StringComparison.Ordinal))
                {
                    return (other, name);
                }

                folders.TryAdd(folder, name);
            }
        }

        return null;
    }
}
