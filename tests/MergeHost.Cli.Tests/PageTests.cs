using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using MergeHost.Cli.Reports;
using MergeHost.Reports;
using MergeHost.Scoring;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>What holds for all pages: size, colours, and how a browser shows them.</summary>
public sealed class PageTests : IDisposable
{
    private const int Layers = 126;
    private static readonly string[] _modules = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"];
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Page_OfAModelWith126Layers_StaysBelowThreeMegabytes() =>
        Assert.InRange(ScoreHtml.Write(Scores(scorers: 10)).ToHtml().Length, 1_000_000, 3_000_000);

    [Fact]
    public void Page_WithoutPictures_HoldsNoLibrary() => Assert.InRange(new HtmlPage("a", "b.").ToHtml().Length, 1_000, 40_000);

    // WCAG: 4.5 for text and 3 for marks, on the page and on figures, by day and by night.
    [Theory]
    [InlineData("ink dim link good bad", 4.5)]
    [InlineData("s0 s1 s2 s3 s4 s5 s6 s7", 3)]
    public void Colours_OnPaperAndFigures_HaveContrast(string names, double least)
    {
        string style = new HtmlPage("a", "b.").ToHtml();
        Dictionary<string, string>[] schemes = [.. Regex.Matches(style, ":root \\{([^}]*--paper[^}]*)\\}").Take(2)
            .Select(scheme => Regex.Matches(scheme.Groups[1].Value, "--(\\w+): #([0-9a-f]{6})")
                .ToDictionary(colour => colour.Groups[1].Value, colour => colour.Groups[2].Value))];
        Assert.Equal(2, schemes.Length);
        Assert.All(schemes, scheme => Assert.All(names.Split(' '), name => Assert.All((string[])["paper", "card"], ground =>
            Assert.True(Contrast(scheme[name], scheme[ground]) >= least,
                $"{name} #{scheme[name]} on {ground} #{scheme[ground]}: {Contrast(scheme[name], scheme[ground]):F2}"))));
    }

    // Where there is a browser. MERGEHOST_AXE names axe-core's axe.min.js: then nothing that it finds serious may be there.
    [BrowserTheory]
    [InlineData(360)]
    [InlineData(768)]
    [InlineData(1440)]
    public void Page_InABrowser_DrawsEverythingWithoutErrorOrOverflow(int width)
    {
        string? axe = Environment.GetEnvironmentVariable("MERGEHOST_AXE");
        string page = ScoreHtml.Write(Scores(scorers: 2)).ToHtml();
        const string listen =
            "<script>window.found = []; onerror = message => found.push(message); console.error = console.warn = message => "
                + "found.push(String(message));</script>";
        string tell = $$"""
            <script>{{(axe is null ? "" : File.ReadAllText(axe))}}</script>
            <script>
            addEventListener("load", () => setTimeout(async () => {
              const [layer, module] = [document.querySelector("input[type=search]"), document.querySelector("th button")];
              module.click();
              layer.value = "mlp 10-20";
              layer.dispatchEvent(new Event("input"));
              const told = {
                errors: found, width: innerWidth, overflow: document.documentElement.scrollWidth - innerWidth,
                drawn: document.querySelectorAll(".plot svg[role=img]").length, asked: document.querySelectorAll(".plot").length,
                cells: document.querySelector(".plot svg[role=img]").querySelectorAll("g rect").length,
                serious: !window.axe ? [] : (await axe.run()).violations
                  .filter(found => ["serious", "critical"].includes(found.impact)).map(found => found.id),
              };
              parent.postMessage(JSON.stringify(told), "*");
            }, 300));
            </script>
            """;

        // A window has a least width; a frame has none.
        File.WriteAllText(_folder["frame.html"], string.Create(CultureInfo.InvariantCulture, $$"""
            <iframe src="page.html" style="width: {{width}}px; height: 900px; border: 0"></iframe><pre></pre>
            <script>onmessage = told => document.querySelector("pre").textContent = told.data;</script>
            """));
        File.WriteAllText(_folder["page.html"],
            page.Replace("</head>", $"{listen}</head>", StringComparison.Ordinal)
                .Replace("</body>", $"{tell}</body>", StringComparison.Ordinal));
        using JsonDocument told = JsonDocument.Parse(Regex.Match(Show(_folder["frame.html"]), "<pre>(.*?)</pre>").Groups[1].Value);
        Assert.Equal("[]", told.RootElement.GetProperty("errors").GetRawText());
        Assert.Equal("[]", told.RootElement.GetProperty("serious").GetRawText());
        Assert.Equal(width, told.RootElement.GetProperty("width").GetInt32());
        Assert.InRange(told.RootElement.GetProperty("overflow").GetInt32(), -20, 0);
        Assert.Equal((5, 5), (told.RootElement.GetProperty("asked").GetInt32(), told.RootElement.GetProperty("drawn").GetInt32()));
        Assert.Equal(11 * 3, told.RootElement.GetProperty("cells").GetInt32());
    }

    public void Dispose() => _folder.Dispose();

    private static ScoreReport Scores(int scorers)
    {
        Random random = new(7);
        string[] names = [.. Enumerable.Range(0, scorers).Select(scorer => $"scorer_{scorer}")];
        return new ScoreReport
        {
            Base = "models/base",
            Adapted = "models/a-name-that-is-longer-than-most",
            LayerCount = Layers,
            Scorers = [.. names.Select(name => new ScorerSummary(name, "plugin 1.0.0", RestoreFirst.Highest, ScoreComparability.WithinRole,
                new Dictionary<string, string>()))],
            Tensors =
            [
                .. from layer in Enumerable.Range(0, Layers)
                   from module in _modules
                   select new ScoredTensor($"model.layers.{layer}.{module}.weight", module, layer, [16384, 16384],
                       names.ToDictionary(name => name,
                           _ => new ScoreSummary(random.NextDouble(), layer + 1, new Dictionary<string, double>()))),
            ],
        };
    }

    private string Show(string page)
    {
        ProcessStartInfo start = new(BrowserTheoryAttribute.Browser!,
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", $"--user-data-dir={_folder["profile"]}",
            "--dump-dom", page,
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string dom = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return dom;
    }

    private static double Contrast(string a, string b)
    {
        (double first, double second) = (Luminance(a), Luminance(b));
        return (Math.Max(first, second) + 0.05) / (Math.Min(first, second) + 0.05);
    }

    private static double Luminance(string colour)
    {
        double[] parts = [.. Enumerable.Range(0, 3)
            .Select(part => int.Parse(colour.AsSpan(2 * part, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0)
                .Select(part => part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4))];
        return (0.2126 * parts[0]) + (0.7152 * parts[1]) + (0.0722 * parts[2]);
    }

    /// <summary>Runs where Chromium is installed.</summary>
    private sealed class BrowserTheoryAttribute : TheoryAttribute
    {
        public static readonly string? Browser = ((string[])["chromium", "chromium-browser", "google-chrome"])
            .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
                .Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

        public BrowserTheoryAttribute() => Skip = Browser is null ? "there is no Chromium" : null;
    }
}
