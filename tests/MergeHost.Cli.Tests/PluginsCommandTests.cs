using System.Text.Json;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

public sealed class PluginsCommandTests
{
    [Fact]
    public void List_NamesEveryPluginWithItsVersionAndWhatItHas()
    {
        CliResult list = Cli.Run("plugins", "list");
        Assert.Equal((0, ""), (list.ExitCode, list.Talk));
        Assert.Contains("ties             1.0.0  strategy 'ties'\n", list.Output, StringComparison.Ordinal);
        Assert.Contains("format 'safetensors'", list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void List_WithABrokenPlugin_ListsTheOthersAndNamesIt()
    {
        using TemporaryFolder plugins = new();
        Directory.CreateDirectory(Path.Combine(plugins.Path, "broken", "1.0.0"));
        File.WriteAllText(Path.Combine(plugins.Path, "broken", "1.0.0", "Broken.dll"), "no assembly");
        File.WriteAllText(Path.Combine(plugins.Path, "broken", "1.0.0", "Broken.deps.json"), "{}");
        CliResult list = Cli.Run("plugins", "list", "--plugins", plugins.Path);
        Assert.Equal(0, list.ExitCode);
        Assert.Contains("strategy 'ties'", list.Output, StringComparison.Ordinal);
        Assert.Contains("MH3001", list.Talk, StringComparison.Ordinal);
        Assert.Contains("broken", list.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_TellsEveryParameterWithTypeRangeDefaultAndMeaning()
    {
        CliResult show = Cli.Run("plugins", "show", "ties");
        Assert.Contains("merges a base and 1 or more models", show.Output, StringComparison.Ordinal);
        Assert.Contains("  weight: number, required, for each model\n      The factor on a source's task vector", show.Output,
            StringComparison.Ordinal);
        Assert.Contains("  density: number in [0, 1], default 1, for each model\n", show.Output, StringComparison.Ordinal);
        Assert.Contains("  trim_scope: tensor or model, default tensor\n", show.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_OfAFormat_TellsTheTypesThatItsErrorNames()
    {
        string hint = Cli.Run("convert", "recipes/quickstart/base", "nowhere", "--to", "gguf", "--type", "zzz").Talk;
        string types = hint[(hint.IndexOf("one of ", StringComparison.Ordinal) + "one of ".Length)..].TrimEnd('\n', '.');
        Assert.StartsWith("same, ", types, StringComparison.Ordinal);
        Assert.Contains(types,
            Cli.Run("plugins", "show", "gguf").Output.ReplaceLineEndings(" ").Replace("   ", " ", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Show_OfADefaultOfWhiteSpace_QuotesIt() =>
        Assert.Contains("  separator: text, default \"\\n\\n\"\n", Cli.Run("plugins", "show", "multiple_choice").Output,
            StringComparison.Ordinal);

    [Fact]
    public void Show_OfWhatIsNotInstalled_ExitsWith5()
    {
        CliResult show = Cli.Run("plugins", "show", "slrep");
        Assert.Equal(5, show.ExitCode);
        Assert.Contains("did you mean 'slerp'?", show.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Lock_PinsThePluginsOfARecipe_AndLockedRefusesOthers()
    {
        using TemporaryFolder folder = new();
        string recipe = folder["recipe.yaml"];
        File.WriteAllText(recipe, "merge_method: passthrough\nmodels: [{model: recipes/quickstart/base}]");
        CliResult without = Cli.Run("plan", recipe, "--locked");
        Assert.Equal(5, without.ExitCode);
        Assert.Contains("there is no lock file", without.Talk, StringComparison.Ordinal);

        Assert.Equal(0, Cli.Run("plugins", "lock", recipe).ExitCode);
        Assert.Equal(0, Cli.Run("plan", recipe, "--locked").ExitCode);

        string lockFile = folder["mergehost.lock.json"];
        string text = File.ReadAllText(lockFile);
        int hash = text.IndexOf("sha256", StringComparison.OrdinalIgnoreCase) + 11;
        File.WriteAllText(lockFile, string.Concat(text.AsSpan(0, hash), text[hash] == '0' ? "1" : "0", text.AsSpan(hash + 1)));
        CliResult changed = Cli.Run("plan", recipe, "--locked");
        Assert.Equal(5, changed.ExitCode);
        Assert.Contains("MH3007", changed.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void ListAndShow_WithJson_WriteOneDocument()
    {
        using JsonDocument list = JsonDocument.Parse(Cli.Run("plugins", "list", "--json").Output);
        Assert.Contains(list.RootElement.GetProperty("plugins").EnumerateArray(), plugin => plugin.GetProperty("id").GetString() == "dare");
        using JsonDocument show = JsonDocument.Parse(Cli.Run("plugins", "show", "sce", "--json").Output);
        JsonElement option = show.RootElement[0].GetProperty("options")[0];
        Assert.Equal(("select_topk", "[0, 1]"), (option.GetProperty("name").GetString(), option.GetProperty("range").GetString()));
    }
}
