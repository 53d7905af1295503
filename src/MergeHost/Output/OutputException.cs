using System.Globalization;

namespace MergeHost.Output;

/// <summary>An output that cannot be written, or is not what it should be.</summary>
internal sealed class OutputException(Problem problem, Exception? inner = null) : MergeHostException(problem, inner)
{
    public static OutputException Exists(string folder) => new(new Problem(ErrorCodes.OutputExists,
        $"{folder}: the folder is not empty", "Name another folder, or add --force to replace what is in it."));

    public static OutputException FileExists(string path) => new(new Problem(ErrorCodes.OutputExists,
        $"{path}: the file exists", "Name another file, or add --force to replace it."));

    public static OutputException NotFolder(string path) => new(new Problem(ErrorCodes.OutputNotFolder,
        File.Exists(path)
            ? $"{path}: the output is a folder, this is a file"
            : $"{path}: the output is a folder, this is how a file is named",
        "Name a folder; the files in it get names of their own."));

    public static OutputException OtherMerge(string folder) => new(new Problem(ErrorCodes.OtherMerge,
        $"{folder}: the folder holds the unfinished output of another merge, or its inputs have changed since",
        "Name another folder, or add --force to begin anew."));

    public static OutputException InputChanged(string folder, string file) => new(new Problem(ErrorCodes.OtherMerge,
        $"{folder}: the output is complete, but '{file}' has changed since", "Name another folder, or add --force to make it again."));

    public static OutputException Damaged(string folder, string file, string difference) => new(new Problem(ErrorCodes.VerifyFailed,
        $"{folder}: the output was complete, but '{file}' {difference}", "Add --force to make it again."));

    public static OutputException OwnFolderIsLink(string path) => new(new Problem(ErrorCodes.OutputNotFolder,
        $"{path}: expected a folder of the merge's own, found a link", "Remove the link, or name another folder."));

    public static OutputException InParts(string folder) => new(new Problem(ErrorCodes.OtherParts,
        $"{folder}: the folder holds an output that is being made in parts",
        "Add --finish when all parts are there, or --force to throw them away and begin anew."));

    public static OutputException NotInPartsYet(string folder) => new(new Problem(ErrorCodes.OtherParts,
        $"{folder}: the folder holds the unfinished output of a merge that is not made in parts",
        "Run that merge to its end, without --part; or name another folder."));

    public static OutputException ExistsBeforeParts(string folder) => new(new Problem(ErrorCodes.OutputExists,
        $"{folder}: the folder is not empty", "Name another folder: parts never replace what is in one."));

    public static OutputException OtherParts(string folder, string partsPath, string difference) => new(new Problem(ErrorCodes.OtherParts,
        $"{folder}: the parts in the folder are not of this merge: {difference}",
        $"Name another folder, or delete '{partsPath}' to begin anew."));

    public static OutputException OtherPartCount(string folder, string partsPath, string found, int asked) =>
        new(new Problem(ErrorCodes.OtherParts,
            string.Create(CultureInfo.InvariantCulture, $"{folder}: the output is being made in {found} parts, found a part of {asked}"),
            $"Name a part of {found}, or delete '{partsPath}' to begin anew."));

    public static OutputException NotInParts(string output, string format) => new(new Problem(ErrorCodes.NotInParts,
        $"{output}: the files of this output, of format '{format}', cannot be written apart",
        "Make it in parts as `safetensors`, and then use `mergehost convert`; or merge in one run."));

    public static OutputException PartsMissing(string message, string hint) => new(new Problem(ErrorCodes.PartsMissing, message, hint));

    public static OutputException Locked(string folder, Exception inner) => new(new Problem(ErrorCodes.OutputLocked,
        $"{folder}: another process is writing this output", "Wait for it to end, or name another folder."), inner);

    public static OutputException IsInput(string folder, string model) => new(new Problem(ErrorCodes.OutputIsInput,
        $"{folder}: the output would overwrite the input '{model}'", "Name another folder."));

    public static OutputException DiskFull(string folder, long neededBytes, long freeBytes) => new(new Problem(ErrorCodes.DiskFull,
        string.Create(CultureInfo.InvariantCulture, $"{folder}: the output needs {neededBytes:N0} bytes, the disk has {freeBytes:N0} free"),
        "Free some room, or name a folder on another disk."));

    public static OutputException WriteFailed(string folder, Exception inner) => IsDiskFull(inner)
        ? new(new Problem(ErrorCodes.DiskFull, $"{folder}: {inner.Message}",
            "Free some room and run the same command again; it goes on where it stopped."), inner)
        : new(new Problem(ErrorCodes.WriteFailed, $"{folder}: {inner.Message}",
            "Run the same command again when the cause is gone; it goes on where it stopped."), inner);

    // ENOSPC and EDQUOT on Linux, ERROR_DISK_FULL on Windows, as the low half of the result code has them.
    private static bool IsDiskFull(Exception exception) => (exception.HResult & 0xFFFF) is 28 or 122 or 112;
}
