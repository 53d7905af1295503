using MergeHost.Testing;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage.Tests;

public sealed class FileIdentityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Of_AFileItsLinkItsHardLinkAndItsHandle_IsTheSame()
    {
        string path = Write("file", "abc");
        File.CreateSymbolicLink(In("link"), path);
        FileIdentity identity = FileIdentity.Of(path);
        Assert.Equal(3, identity.LengthBytes);
        Assert.Equal(identity, FileIdentity.Of(In("link")));
        using SafeFileHandle handle = File.OpenHandle(path);
        Assert.Equal(identity, FileIdentity.Of(handle));
        Assert.Equal(identity.ToString(), FileIdentity.Of(handle).ToString());
    }

    // Same length, same name, and a time of modification that is set back: as `cp -p`, `rsync -t` and `tar` leave it.
    [Fact]
    public void Of_AFileThatWasWrittenOrReplaced_Differs()
    {
        string path = Write("file", "abc");
        DateTime modified = File.GetLastWriteTimeUtc(path);
        FileIdentity before = FileIdentity.Of(path);
        Thread.Sleep(20);
        File.WriteAllText(path, "abd");
        File.SetLastWriteTimeUtc(path, modified);
        FileIdentity written = FileIdentity.Of(path);
        Assert.NotEqual(before, written);
        Assert.True(before.IsSameFile(written));

        string other = Write("other", "abe");
        File.SetLastWriteTimeUtc(other, modified);
        File.Move(other, path, overwrite: true);
        Assert.NotEqual(written, FileIdentity.Of(path));
        Assert.False(written.IsSameFile(FileIdentity.Of(path)));
    }

    [Fact]
    public void Of_WhatALinkLeadsTo_FollowsTheLink()
    {
        string path = Write("file", "abc");
        File.CreateSymbolicLink(In("link"), path);
        FileIdentity before = FileIdentity.Of(In("link"));
        File.WriteAllText(path, "abcd");
        Assert.Equal(4, FileIdentity.Of(In("link")).LengthBytes);
        Assert.NotEqual(before, FileIdentity.Of(In("link")));
    }

    [Fact]
    public void Of_NothingAndALinkToNothing_IsNone()
    {
        File.CreateSymbolicLink(In("link"), In("nowhere"));
        Assert.Null(FileIdentity.TryOf(In("nowhere")));
        Assert.Null(FileIdentity.TryOf(In("link")));
        Assert.Throws<FileNotFoundException>(() => FileIdentity.Of(In("link")));
    }

    [Fact]
    public void Of_AFolder_IsThatOfTheFolderWhateverItIsCalled()
    {
        Directory.CreateSymbolicLink(In("link"), _folder.Path);
        Assert.True(FileIdentity.Of(_folder.Path).IsSameFile(FileIdentity.Of(In("link"))));
    }

    public void Dispose() => _folder.Dispose();

    private string In(string name) => Path.Combine(_folder.Path, name);

    private string Write(string name, string text)
    {
        File.WriteAllText(In(name), text);
        return In(name);
    }
}
