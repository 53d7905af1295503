using System.Globalization;
using MergeHost.Fakes;

// Serves the folders of a folder as models of a hub until it is killed: ROOT/ORG/NAME/… is ORG/NAME. Prints the hub's address.
//   dotnet MergeHost.FakeHub.dll ROOT [ROUND TRIP IN MS] [BYTES A SECOND]
string root = Path.GetFullPath(args[0]);
TimeSpan roundTrip = TimeSpan.FromMilliseconds(args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 0);
double bytesPerSecond = args.Length > 2 ? double.Parse(args[2], CultureInfo.InvariantCulture) : double.PositiveInfinity;
using FakeHub hub = new() { Link = new FakeLink(roundTrip, bytesPerSecond) };
foreach (string folder in Directory.EnumerateDirectories(root).SelectMany(Directory.EnumerateDirectories))
{
    hub.Add(Path.GetRelativePath(root, folder).Replace('\\', '/'), Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(file => (Path.GetRelativePath(folder, file).Replace('\\', '/'), File.ReadAllBytes(file))));
}

Console.WriteLine(hub.Endpoint);
using StreamReader commands = new(Console.OpenStandardInput());
while (commands.ReadLine() is not null)
{
    // Each line that comes is answered by how many requests came so far, and how many bytes of large files were sent.
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{hub.Requests.Count} {hub.StorageBytes}"));
}
