using MergeHost.Models;
using MergeHost.Output;
using MergeHost.Plugins;
using MergeHost.Reports;
using MergeHost.Running.Records;
using MergeHost.Stores;

namespace MergeHost.Storing;

/// <summary>Pushes an output to a store: what its manifest lists, and the card; nothing else, and
/// nothing that is not what was merged.</summary>
internal sealed class Publisher(PluginSet plugins, PluginHost host, PublishOptions options, Action<string> tell)
{
    private readonly StoreSet _stores = new(plugins, host);

    /// <summary>Pushes an output.</summary>
    /// <param name="output">What a merge wrote, a folder or a file; or a folder with a model that has no manifest.</param>
    /// <param name="name">The name that it gets in the store.</param>
    /// <param name="verifying">Told of the progress of reading.</param>
    /// <param name="cancellation">Asks to stop; what was sent is kept.</param>
    /// <exception cref="MergeHostException">The output is not to be pushed, or the store refuses.</exception>
    public PublishedCheckpoint Run(string output, string name, IProgress<MergeProgress>? verifying, CancellationToken cancellation)
    {
        if (!_stores.Ask<ICheckpointPublisher, bool>(store => store.Accepts(name)).Any(accepts => accepts))
        {
            throw Refused(ErrorCodes.NoStore, $"'{name}': no installed store takes a checkpoint of that name",
                "Write `org/name` or `org/name@branch` for a model of the Hugging Face Hub.");
        }

        OutputPlace place = OutputPlace.Find(output);
        if (File.Exists(place.JournalPath))
        {
            throw Refused(ErrorCodes.PublishRefused, $"{output}: the merge has not been finished",
                "Run the merge again; it goes on where it stopped.");
        }

        PublishRequest request = new(name, place.Folder, Files(place, verifying, cancellation))
        {
            IsPrivate = options.IsPrivate,
            IsProposal = options.IsProposal,
        };
        request = options.Message is { } message ? request with { Message = message } : request;
        return _stores.Ask<ICheckpointPublisher, PublishedCheckpoint?>(store => store.Accepts(name)
            ? store.Publish(request, tell, Transfer.Of(verifying), cancellation)
            : null)
            .First(published => published is not null)!;
    }

    private string[] Files(OutputPlace place, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        if (ManifestStore.Read(place) is not var (manifest, _))
        {
            return Whole(place);
        }

        if (!options.IsUnverified)
        {
            Verify(place, progress, cancellation);
        }

        ModelCard? card = place.FileName is null ? ModelCard.Read(place.Folder) : null;
        if (!options.AnyLicense)
        {
            CheckLicense(place, manifest, card, cancellation);
        }

        // The card is its author's, whether a merge wrote it or not.
        return [.. manifest.Files.Select(file => file.Name).Append(place.ManifestName).Concat(Card(place, card)).Distinct()];
    }

    private static IEnumerable<string> Card(OutputPlace place, ModelCard? card) => card is null
        ? []
        : card.LicenseLink == CardWriter.LicensesName && File.Exists(place.In(CardWriter.LicensesName))
            ? [ModelCard.FileName, CardWriter.LicensesName]
            : [ModelCard.FileName];

    private void Verify(OutputPlace place, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        string card = Path.Combine(place.Folder, ModelCard.FileName) + ":";
        Problem[] problems = [.. new Verifier(plugins, host).Verify(place.Path, progress, cancellation)
            .Where(problem => !problem.Message.StartsWith(card, StringComparison.Ordinal))];
        if (problems.Length > 0)
        {
            throw new MergeHostException([
                .. problems,
                new Problem(ErrorCodes.PublishRefused, $"{place.Path}: the output is not what was merged, and is not pushed",
                    "Merge it again, or push it all the same by `--unverified`.")]);
        }
    }

    // The licences that models name, against the one that the output's card names.
    private void CheckLicense(OutputPlace place, MergeManifest manifest, ModelCard? card, CancellationToken cancellation)
    {
        (string Origin, string License)[] licenses =
            [.. manifest.Stages.SelectMany(stage => stage.Inputs).SelectMany(input => input.Origins ?? []).Distinct()
                .Select(origin => (origin, _stores.Remote(origin)?.Files.ReadTerms(cancellation)?.License))
                .Where(model => model.License is not null)
                .Select(model => (model.origin, model.License!))];
        string[] names = [.. licenses.Select(model => model.License).Distinct()];
        string list = string.Join(", ", licenses.Select(model => $"{model.Origin} is under '{model.License}'"));
        if (card?.License is { } license and not ("other" or "mixed") && licenses.Any(model => model.License != license))
        {
            throw Refused(ErrorCodes.PublishRefused, $"{place.In(ModelCard.FileName)}: the card names the licence '{license}', and {list}",
                "Name `license: other` and say in the card what holds for which part, or push it all the same by `--any-license`.");
        }

        if (card?.License is null && names.Length > 1)
        {
            throw Refused(ErrorCodes.PublishRefused,
                $"{place.Path}: the models are under different licences, and no card says what holds for the output: {list}",
                $"Write a {ModelCard.FileName} with a `license:` in its front matter, or push it all the same by `--any-license`.");
        }
    }

    // A model that no merge of ours made: there is nothing that it could be compared with.
    private string[] Whole(OutputPlace place)
    {
        if (place.FileName is not null || !Directory.Exists(place.Folder))
        {
            throw Refused(ErrorCodes.NoManifest,
                $"{place.Path}: {(Path.Exists(place.Path) ? $"there is no readable {place.ManifestName}" : "there is no such folder or "
                    + "file")}",
                "Name what `mergehost merge` or `mergehost convert` wrote, or a folder with a model.");
        }

        string[] files =
            [.. Directory.EnumerateFiles(place.Folder, "*",
                new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, MaxRecursionDepth = 16 })
                .Select(path => Path.GetRelativePath(place.Folder, path).Replace('\\', '/'))
                .Where(path => path.Split('/').All(part => part[0] != '.') && !path.EndsWith(".partial", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)];
        tell($"{place.Path}: no {place.ManifestName} says what was made, so that nothing is compared; {files.Length} files are pushed, "
            + "hidden ones are not");
        return files;
    }

    private static MergeHostException Refused(ErrorCode code, string message, string hint) => new([new Problem(code, message, hint)]);
}
