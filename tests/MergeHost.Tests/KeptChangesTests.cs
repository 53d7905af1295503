using MergeHost.Testing;

namespace MergeHost.Tests;

/// <summary>Changes that merges share.</summary>
public sealed class KeptChangesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void TryRead_OfWhatWasKept_GivesItForThatMergeAlone()
    {
        using KeptChanges changes = new(_folder.Path);
        float[] read = new float[3];
        changes.Begin("one");
        Assert.False(changes.TryRead("x", read));
        changes.Keep("x", [1, float.NaN, -0f]);
        changes.Keep("y", [4, 5]);
        changes.Begin("one");
        Assert.True(changes.TryRead("x", read));
        Assert.Equal([1, float.NaN, -0f], read);
        Assert.False(changes.TryRead("y", read));
        changes.Begin("two");
        Assert.False(changes.TryRead("x", read));
    }

    [Fact]
    public void Dispose_LeavesNoFile()
    {
        using (KeptChanges changes = new(_folder.Path))
        {
            changes.Begin("one");
            changes.Keep("x", [1]);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Keep_WhereNothingCanBeWritten_LeavesItOut()
    {
        string file = Path.Combine(_folder.Path, "file");
        File.WriteAllText(file, "");
        using KeptChanges changes = new(file);
        changes.Begin("one");
        changes.Keep("x", [1]);
        Assert.False(changes.TryRead("x", new float[1]));
    }

    public void Dispose() => _folder.Dispose();
}
