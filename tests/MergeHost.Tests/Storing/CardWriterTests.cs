using MergeHost.Reports;
using MergeHost.Storing;

namespace MergeHost.Tests.Storing;

/// <summary>Cards of outputs, by the rules of the hub.</summary>
public sealed class CardWriterTests
{
    private static readonly CardSource _base = Source("mh-labs/tiny-base",
        "license: apache-2.0\nlanguage: en\npipeline_tag: text-generation");
    private static readonly CardSource _math = Source("mh-labs/tiny-math", "license: apache-2.0\nbase_model: mh-labs/tiny-base");
    private static readonly CardSource _code = Source("mh-labs/tiny-code",
        "license: apache-2.0\nlanguage: [en, code]\npipeline_tag: text-generation");

    [Fact]
    public void Write_OfModelsUnderOneLicence_NamesItAndWhatTheyHaveInCommon()
    {
        (string card, string? licenses) = CardWriter.Write(Manifest("task_arithmetic"), [_base, _math, _code]);
        Assert.Null(licenses);
        Assert.StartsWith("""
            ---
            base_model:
            - 'mh-labs/tiny-base'
            - 'mh-labs/tiny-math'
            - 'mh-labs/tiny-code'
            base_model_relation: 'merge'
            library_name: 'transformers'
            tags:
            - 'merge'
            - 'task-arithmetic'
            license: 'apache-2.0'
            language:
            - 'en'
            - 'code'
            pipeline_tag: 'text-generation'
            ---

            """.ReplaceLineEndings("\n"), card, StringComparison.Ordinal);
        ModelCard read = ModelCard.Parse("README.md", card);
        Assert.Equal(("apache-2.0", "text-generation"), (read.License, read.PipelineTag));
        Assert.Equal(["en", "code"], read.Languages);
    }

    [Fact]
    public void Write_OfModelsUnderDifferentLicences_NamesOtherAndListsThem()
    {
        (string card, string? licenses) = CardWriter.Write(Manifest("linear"), [_base, Source("mh-labs/tiny-mit", "license: mit")]);
        Assert.Contains("\nlicense: 'other'\nlicense_name: 'mixed'\nlicense_link: 'LICENSES.md'\n", card, StringComparison.Ordinal);
        Assert.All((string[])[card, licenses!],
            text => Assert.Contains("| mh-labs/tiny-base | apache-2.0 |\n| mh-labs/tiny-mit | mit |\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Write_WhereALicenceIsNotKnown_NamesNoneAndSaysWhose()
    {
        CardSource community = Source("mh-labs/tiny-base", "license: other\nlicense_name: example-community\nlicense_link: LICENSE");
        (string card, string? licenses) = CardWriter.Write(
            Manifest("linear"),
            [community, Source("mh-labs/tiny-lora", "base_model: mh-labs/tiny-base"), Source("mh-labs/tiny-code", "license: mit"),
                new("mh-labs/gone", true, null), new("./out/finetuned", false, null)]);
        Assert.Null(licenses);
        Assert.DoesNotContain("\nlicense", card, StringComparison.Ordinal);
        Assert.DoesNotContain("- './out/finetuned'", card, StringComparison.Ordinal);
        Assert.Contains(
            "| mh-labs/tiny-base | example-community |\n| mh-labs/tiny-lora | none given |\n| mh-labs/tiny-code | mit |\n| mh-labs/gone | "
                + "no card could be read |\n| ./out/finetuned | local, none known |\n", card, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_OfOneLicenceThatIsNotTheHubs_TakesItsNameAndLinkOver()
    {
        string card = CardWriter.Write(Manifest("ties"),
            [Source("a/b", "license: other\nlicense_name: own\nlicense_link: https://example.org/own"),
                Source("a/c", "license: other\nlicense_name: own\nlicense_link: https://example.org/own")]).Card;
        Assert.Contains("\nlicense: 'other'\nlicense_name: 'own'\nlicense_link: 'https://example.org/own'\n", card,
            StringComparison.Ordinal);
    }

    // Cards of models are texts of strangers.
    [Fact]
    public void Write_OfCardsThatAreHostile_KeepsTheirWordsWhereTheyBelong()
    {
        CardSource hostile = Source("a/b", "license: \"mit\\n---\\n<script>'|`x\"\nlanguage: 'no'");
        string card = CardWriter.Write(Manifest("ties"), [hostile, new("x](y)", false, null)]).Card;
        Assert.Equal(2, card.Split('\n').Count(line => line == "---"));
        Assert.DoesNotContain("<script>", card[card.LastIndexOf("---\n", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Equal(["no"], ModelCard.Parse("README.md", card).Languages);
        Assert.Contains("| x\\](y) | local, none known |\n", card, StringComparison.Ordinal);
    }

    private static CardSource Source(string name, string front) =>
        new(name, IsOfHub: true, ModelCard.Parse("README.md", $"---\n{front}\n---\n# A model\n"));

    private static MergeManifest Manifest(string method) => new()
    {
        MergeHost = "1.0.0",
        Merge = "0",
        Recipe = $"merge_method: {method}\n",
        Seed = 0,
        Device = "cpu",
        Plugins = [],
        Stages = [new ManifestStage(method, [], "a")],
        Format = "safetensors",
        Files = [],
        Tensors = [],
        Warnings = [],
        InputFiles = [],
    };
}
