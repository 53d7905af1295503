namespace MergeHost.Checkpoints;

/// <summary>The files of one folder or repository, from which a format opens a checkpoint.</summary>
/// <remarks>
/// It holds nothing open: each file that is opened is disposed by who opened it. Every member may be called from several threads at once.
/// <see cref="Names"/> has what is at the top, nothing in folders below.
/// </remarks>
public abstract class CheckpointFiles
{
    /// <summary>The folder's path, or the repository's address, for messages.</summary>
    public abstract string Location { get; }

    /// <summary>The file that the user named, or <see langword="null"/> for the whole folder.</summary>
    public virtual string? Named => null;

    /// <summary>The names of the files in ordinal order.</summary>
    /// <exception cref="CheckpointException">They cannot be listed.</exception>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>The names of the folders, some formats' marks; none by default.</summary>
    public virtual IReadOnlyList<string> Folders => [];

    /// <summary>The names of the files in one of the folders, in ordinal order; none by default.</summary>
    /// <remarks>Such a file is opened by <c>FOLDER/NAME</c>.</remarks>
    /// <exception cref="CheckpointException">They cannot be listed.</exception>
    public virtual IReadOnlyList<string> NamesIn(string folder) => [];

    /// <summary>All files, those in folders too, by <c>FOLDER/NAME</c>.</summary>
    /// <exception cref="CheckpointException">They cannot be listed.</exception>
    public virtual IReadOnlyList<string> AllNames =>
        [.. Names, .. Folders.SelectMany(folder => NamesIn(folder).Select(name => $"{folder}/{name}"))];

    /// <summary>What the user named, for messages.</summary>
    public string Path => Named is null ? Location : PathOf(Named);

    /// <summary>The path or address of a file, for messages; <see cref="ICheckpointReader.WeightFiles"/> are such paths.</summary>
    public abstract string PathOf(string name);

    /// <summary>Whether there is a file of that name.</summary>
    public virtual bool Has(string name) =>
        name.IndexOf('/', StringComparison.Ordinal) is int slash and > 0
            ? NamesIn(name[..slash]).Contains(name[(slash + 1)..])
            : Names.Contains(name);

    /// <summary>Opens a file for reading anywhere in it.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <returns>The file; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">It is not there, or cannot be read.</exception>
    public abstract CheckpointFile Open(string name);

    /// <summary>Opens a file for reading from its beginning.</summary>
    /// <inheritdoc cref="Open"/>
    public Stream OpenStream(string name) => new CheckpointFileStream(Open(name));

    /// <summary>What <see cref="CheckpointFile.Identity"/> would be if the file were opened now.</summary>
    /// <returns><see langword="null"/> if there is no such file any more.</returns>
    /// <exception cref="CheckpointException">It cannot be told.</exception>
    public abstract string? IdentityOf(string name);

    /// <summary>How many bytes <see cref="Fetch"/> would bring near; none by default.</summary>
    /// <param name="names">The files.</param>
    public virtual long MissingBytes(IReadOnlyList<string> names) => 0;

    /// <summary>Makes ready that the beginnings of files are going to be read: a store that is far
    /// away fetches them, several at once.</summary>
    /// <remarks>A failure is told by the read that needs what did not come. Does nothing by default.</remarks>
    /// <param name="names">The files.</param>
    /// <param name="guess">How many bytes of a file are going to be read, as far as one can tell before it is open.</param>
    public virtual void FetchHeads(IReadOnlyList<string> names, Func<string, long> guess)
    {
    }

    /// <summary>Makes ready that files are going to be read whole: a store that keeps copies makes
    /// them, and checks those that it has.</summary>
    /// <remarks>Called before data is read. What is read without it comes from where it is. Does nothing by default.</remarks>
    /// <param name="names">The files.</param>
    /// <param name="progress">Told how many bytes of them are ready, from any thread.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="CheckpointException">A file cannot be had, or is not what it was.</exception>
    public virtual void Fetch(IReadOnlyList<string> names, IProgress<long>? progress, CancellationToken cancellation)
    {
    }

    /// <summary>Makes ready that files are going to be read where they are, once and mostly in order, rather than fetched.</summary>
    /// <remarks>A store then reads ahead, and compares a file with its digest once all of it has passed; reads of one that differs fail, as
    /// does <see cref="IdentityOf"/>. Does nothing by default.</remarks>
    /// <param name="names">The files, which nobody has read from yet but for their headers.</param>
    public virtual void Stream(IReadOnlyList<string> names)
    {
    }

    /// <summary>The files that were not compared with their digests, after <see cref="Stream"/>, since they were not read
    /// whole and in order; none by default.</summary>
    /// <param name="names">The files.</param>
    public virtual IReadOnlyList<string> Uncompared(IReadOnlyList<string> names) => [];

    /// <summary>Where a store keeps the copies that <see cref="Fetch"/> makes;
    /// <see langword="null"/> if it makes none, as by default.</summary>
    public virtual CheckpointCopies? Copies => null;

    /// <summary>Names that are there and are not given, since they must not become paths; none by default.</summary>
    public virtual IReadOnlyList<string> Withheld => [];

    /// <summary>Finds out under which terms the files may be had; a store may be asked.</summary>
    /// <returns><see langword="null"/> if nobody tells, as by default.</returns>
    /// <exception cref="CheckpointException">The store cannot be reached, or refuses.</exception>
    public virtual CheckpointTerms? ReadTerms(CancellationToken cancellation) => null;

    /// <summary>Where a file leads to, if it is a link out of the folder and of the cache that the folder belongs to.</summary>
    /// <remarks>Names that a file of the checkpoint gives, such as an index, must not lead to what their author does not own.</remarks>
    /// <returns><see langword="null"/> if all is well, as by default.</returns>
    public virtual string? StrayTarget(string name) => null;

    /// <summary>A small file that goes with the weights.</summary>
    /// <returns><see langword="null"/> if there is none of that name.</returns>
    /// <exception cref="CheckpointException">It cannot be used.</exception>
    public virtual CompanionFile? Companion(string name) =>
        Has(name) ? new CompanionFile(name, () => OpenStream(name)) { Path = PathOf(name) } : null;

    /// <summary>Reads a small file whole.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="mostBytes">The largest length that is read.</param>
    /// <exception cref="CheckpointException">It is not there, cannot be read, or is longer.</exception>
    public byte[] ReadBytes(string name, int mostBytes)
    {
        using CheckpointFile file = Open(name);
        if (file.LengthBytes > mostBytes)
        {
            throw CheckpointException.Unreadable(file.Path, string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"the file has {file.LengthBytes:N0} bytes; at most {mostBytes:N0} are read"));
        }

        byte[] content = new byte[file.LengthBytes];
        file.Read(0, content);
        return content;
    }
}
