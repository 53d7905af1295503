using System.CommandLine;
using MergeHost.Packages;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using NuGet.Versioning;

namespace MergeHost.Cli.Commands.Plugins;

/// <summary><c>mergehost plugins install|remove|update</c>, and which installed plugins are outdated.</summary>
internal static class PluginPackageCommands
{
    private static readonly Argument<string> _package =
        new("PACKAGE") { Description = "A package's file (NAME.nupkg), or a plugin: ID, ID@1.2.0, ID@^1.2" };
    private static readonly Argument<PluginRequirement> _installed = Requirement("PLUGIN",
        "The plugin: ID for all its versions, or ID@1.2.0", ArgumentArity.ExactlyOne);
    private static readonly Argument<PluginRequirement> _updated = Requirement("PLUGIN", "The plugin; all that were installed by default",
        ArgumentArity.ZeroOrOne);
    private static readonly Option<string?> _hash = new("--hash")
    {
        Description = "The SHA-512 that the package must have, in Base64, as mergehost.lock.json has it",
        HelpName = "SHA512"
    };

    public static Command CreateInstall()
    {
        Command command = new("install", "Installs a plugin from a package into ~/.mergehost/plugins, once it was checked.")
        {
            _package, SharedOptions.Source, _hash, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (_, printer, cancellation) =>
        {
            (PluginInfo plugin,
                bool wasThere) = Install(arguments.GetRequiredValue(_package), arguments.GetValue(SharedOptions.Source),
                    arguments.GetValue(_hash), cancellation);
            printer.Write(InstalledPlugin.Of(plugin, wasThere), Tell, isData: false);
            return 0;
        }));
        return command;
    }

    public static Command CreateRemove()
    {
        Command command =
            new("remove", "Removes a plugin from ~/.mergehost/plugins.") { _installed, SharedOptions.Json, SharedOptions.Quiet };
        command.SetAction(arguments => CommandRunner.Run(arguments, (_, printer, _) =>
        {
            IReadOnlyList<PluginInfo> removed = PluginInstaller.OfUser().Remove(arguments.GetRequiredValue(_installed));
            printer.Write(removed.Select(plugin => InstalledPlugin.Of(plugin, wasThere: true)).ToList(),
                plugins => plugins.ForEach(plugin => Console.WriteLine($"{plugin.Id} {plugin.Version}: removed")), isData: false);
            return 0;
        }));
        return command;
    }

    public static Command CreateUpdate()
    {
        Command command = new("update", "Installs the newest version of plugins that feeds have, beside those that are installed.")
        {
            _updated, SharedOptions.Source, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (_, printer, cancellation) =>
        {
            PluginInstaller installer = PluginInstaller.OfUser();
            using PackageFeeds feeds = PackageFeeds.Open(arguments.GetValue(SharedOptions.Source));
            List<InstalledPlugin> made = [];
            foreach ((PluginInfo plugin,
                NuGetVersion newest) in installer.Outdated(feeds, arguments.GetValue(_updated), cancellation).GetAwaiter().GetResult())
            {
                PluginRequirement wanted = new(plugin.Id, new VersionRange(newest, true, newest, true), $"{plugin.Id}@{newest}");
                (PluginInfo updated, bool wasThere) = installer.Install(feeds, wanted, null, cancellation).GetAwaiter().GetResult();
                made.Add(InstalledPlugin.Of(updated, wasThere));
            }

            printer.Write(made, Tell, isData: false);
            return 0;
        }));
        return command;
    }

    /// <summary>The plugins of the user for which a feed has a newer release.</summary>
    public static IReadOnlyList<OutdatedPlugin> Outdated(string? source, CancellationToken cancellation)
    {
        using PackageFeeds feeds = PackageFeeds.Open(source);
        return
        [
            .. PluginInstaller.OfUser().Outdated(feeds, null, cancellation).GetAwaiter().GetResult()
                .Select(found => new OutdatedPlugin(found.Plugin.Id, found.Plugin.Version.ToString(), found.Newest.ToString())),
        ];
    }

    private static (PluginInfo Plugin, bool WasThere) Install(string package, string? source, string? hash, CancellationToken cancellation)
    {
        PluginInstaller installer = PluginInstaller.OfUser();
        if (package.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase) || File.Exists(package))
        {
            return installer.Install(package, package, hash, cancellation);
        }

        if (!PluginRequirement.TryParse(package, out PluginRequirement? wanted, out string? error))
        {
            throw new MergeHostException(new Problem(ErrorCodes.PackageUnusable, $"{package}: there is no such file, and {error}",
                "Name a .nupkg file, or a plugin as ID or ID@1.2.0."), null);
        }

        using PackageFeeds feeds = PackageFeeds.Open(source);
        return installer.Install(feeds, wanted, hash, cancellation).GetAwaiter().GetResult();
    }

    private static void Tell(InstalledPlugin plugin) =>
        Console.WriteLine($"{plugin.Id} {plugin.Version}: {(plugin.WasThere ? "already installed in" : "installed in")} {plugin.Folder}");

    private static void Tell(List<InstalledPlugin> plugins)
    {
        plugins.ForEach(Tell);
        if (plugins.Count == 0)
        {
            Console.WriteLine("nothing to update");
        }
    }

    private static Argument<PluginRequirement> Requirement(string name, string description, ArgumentArity arity) => new(name)
    {
        Description = description,
        Arity = arity,
        CompletionSources = { _ => Installed.OfUser },
        CustomParser = result =>
        {
            if (PluginRequirement.TryParse(result.Tokens[0].Value, out PluginRequirement? requirement, out string? error))
            {
                return requirement;
            }

            result.AddError(error);
            return null;
        },
    };

    internal sealed record InstalledPlugin(string Id, string Version, string Folder, string? Sha512, bool WasThere)
    {
        public static InstalledPlugin Of(PluginInfo plugin, bool wasThere) =>
            new(plugin.Id, plugin.Version.ToString(), plugin.Folder,
                Directory.Exists(plugin.Folder) ? PackageRecord.Read(plugin.Folder)?.Sha512 : null, wasThere);
    }
}

/// <summary>A plugin for which a feed has a newer release.</summary>
internal sealed record OutdatedPlugin(string Id, string Installed, string Newest);
