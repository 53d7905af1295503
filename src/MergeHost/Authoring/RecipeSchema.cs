using System.Text.Json.Nodes;
using MergeHost.Options;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;
using MergeHost.Recipes.Reading;
using MergeHost.Summaries;

namespace MergeHost.Authoring;

/// <summary>The JSON Schema of recipes, by which editors complete and check them: the fields there are, and
/// the parameters of what is installed.</summary>
/// <remarks>A recipe of several stages is a YAML file of several documents, each of which the schema is for.</remarks>
internal sealed class RecipeSchema(PluginCatalog catalog, PluginHost host)
{
    private static readonly Dictionary<string, string> _selection = new()
    {
        ["unit"] = "Whether matrices or whole layers are chosen",
        ["restore"] = "Which scores are chosen first; as the scorer says if nothing is said",
        ["fraction"] = "Which share of each module type is chosen, rounded up",
        ["top"] = "How many of each module type are chosen",
        ["threshold"] = "The score from which on a tensor is chosen",
        ["policy"] = "Named values of fraction, and of the strategy's t",
        ["action"] = "What is done with chosen tensors: merged (restore), or taken from the base (freeze)",
        ["others"] = "Where tensors that are not chosen come from",
    };

    private readonly PluginSet _plugins = new(catalog);

    /// <summary>The schema.</summary>
    public static JsonObject Of(PluginCatalog catalog, PluginHost host) => new RecipeSchema(catalog, host).Make();

    private JsonObject Make()
    {
        (string Id, OptionsSchema Options, OptionDocs Docs)[] strategies = [.. Exported(ExportKind.Strategy)];
        string[] parameters = [.. strategies.SelectMany(strategy => strategy.Options.Options).Select(option => option.Name)
            .Concat(FieldMethods.Parameters).Distinct().Order(StringComparer.Ordinal)];
        JsonObject root = Stage(strategies);
        JsonArray cases = [];
        foreach ((string id, OptionsSchema options, OptionDocs docs) in strategies)
        {
            JsonObject set = new()
            {
                ["type"] = Words("object", "null"),
                ["properties"] = new JsonObject([.. parameters.Select(name => KeyValuePair.Create<string, JsonNode?>(name,
                    options.Options.FirstOrDefault(option => option.Name == name) is { } option
                        ? Setting(option, docs)
                        : new JsonObject()))]),
                ["additionalProperties"] = false,
            };
            cases.Add(new JsonObject
            {
                ["if"] = new JsonObject
                {
                    ["properties"] = Object(("merge_method", new JsonObject { ["const"] = id })),
                    ["required"] = Words("merge_method")
                },
                ["then"] = Ref(id),
            });
            ((JsonObject)root["$defs"]!)[id] = Everywhere(set);
        }

        root["allOf"] = cases;
        return root;
    }

    private JsonObject Stage((string Id, OptionsSchema Options, OptionDocs Docs)[] strategies)
    {
        JsonObject fields = new()
        {
            ["merge_method"] = Enumeration("How models are merged", strategies.Select(strategy => strategy.Id)),
            ["build"] = Builders(),
            ["base_model"] = Described(Ref("model"), "The model that the others were trained from"),
            ["models"] = List(Ref("source"), "The models that are merged"),
            ["slices"] = List(Ref("slice"), "Layers of models, one on top of the other"),
            ["modules"] = new JsonObject
            {
                ["description"] = "Parts of a model, each merged in its own way",
                ["type"] = "object",
                ["additionalProperties"] = Ref("module")
            },
            ["window"] = new JsonObject
            {
                ["description"] = "The checkpoints of a training run",
                ["type"] = "object",
                ["required"] = Words("from"),
                ["properties"] = Object(
                    ("from", Text("A pattern with * in place of digits, the first of which are the step")),
                    ("last", Described(Whole(), "The latest of them; it is an error if there are fewer")),
                    ("steps", Described([], "Only these steps, both ends included, such as 1000..20000")),
                    ("every", Described(Whole(), "Only steps so far apart, counted back from the latest")),
                    ("schedule", Described([], "The weights: uniform, linear, minus_sqrt, ema, or a list with the oldest first")),
                    ("alpha", Described([], "The share of each further checkpoint in schedule ema, in (0, 1)"))),
                ["additionalProperties"] = false,
            },
            ["parameters"] = new JsonObject { ["description"] = "Parameters of the strategy, for every model and tensor" },
            ["dtype"] = Enumeration("The type of the output's tensors", RecipeReader.DTypes),
            ["out_dtype"] = Enumeration("The type of the output's tensors", RecipeReader.DTypes),
            ["tokenizer_source"] = Text("Whose tokenizer the output has: base, union, or a model"),
            ["tokenizer"] = new JsonObject
            {
                ["description"] = "The tokenizer of the output in full: the options of alignment vocabulary",
                ["type"] = "object"
            },
            ["align"] = Described([],
                "How the models are made alike before tensors are matched: a list of alignments, each a name or {NAME: {options}}"),
            ["then"] = Described([],
                "Steps after the merge: a list of strategies that merge one model into a base, each a name or {NAME: {parameters}}"),
            ["chat_template"] = Text("auto, a template's name, or the template"),
            ["name"] = new JsonObject
            {
                ["description"] = "The stage's name, by which later stages take its result",
                ["type"] = "string",
                ["pattern"] = "^[A-Za-z0-9._-]{1,100}$"
            },
            ["uses"] = OneOrMore(new JsonObject { ["type"] = "string" }, "Plugins and their versions, such as ties@^1.2"),
            ["out_format"] = Enumeration("How the output is stored",
                _plugins.Exports(ExportKind.Format).Select(format => format.Export.Id)),
            ["out_type"] = Text("The type of the weights in the format's own words, such as q4_k_m"),
            ["out_imatrix"] = Text("An importance matrix by which weights are quantised"),
            ["output"] = new JsonObject
            {
                ["description"] = "How the output is stored: a format with its options, and more",
                ["type"] = "object",
                ["properties"] = Object(
                [
                    ("packing", Text("same, or a packing's name")),
                    ("names", Enumeration("Whether the experts of a layer are stored one by one", ["separate", "fused"])),
                    .. Exported(ExportKind.Format)
                        .Select(format => (format.Id,
                            (JsonNode)Described(Record(format.Options, format.Docs), $"Stored in format {format.Id}"))),
                ]),
                ["additionalProperties"] = false,
            },
            ["select"] = Selection(),
            ["evaluate"] = Text("The suite of tasks that the result is measured by"),
            ["task_vector_snr"] = new JsonObject
            {
                ["description"] = "How much larger than the error of quantisation that what a model learned must be",
                ["type"] = "object",
                ["properties"] = Object(("warn_below", Described(Number(), "Below this ratio there is a warning")),
                    ("fail_below", Described(Number(), "Below this ratio the merge fails"))),
                ["additionalProperties"] = false,
            },
            ["integers"] = Enumeration("Whether whole numbers must be equal in all models, or the first model's are kept",
                ["equal", "first"]),
            ["missing"] = Enumeration("What becomes of tensors that not all models have", ["error", "base", "skip", "single"]),
            ["allow_unchanged"] = OneOrMore(new JsonObject { ["type"] = "string" }, "Models that may change nothing"),
        };
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "A recipe of MergeHost",
            ["type"] = "object",
            ["properties"] = fields,
            ["additionalProperties"] = false,
            ["anyOf"] = new JsonArray(new JsonObject { ["required"] = Words("merge_method") },
                new JsonObject { ["required"] = Words("build") }),
            ["$defs"] = Definitions(),
        };
    }

    private static JsonObject Definitions()
    {
        JsonObject body = Object(
            ("models", List(Ref("source"), "The models whose part this is")),
            ("slices", List(Ref("slice"), "Layers of the part, one on top of the other")),
            ("parameters", Described([], "Parameters of the strategy, for this part")));
        return new JsonObject
        {
            ["model"] = new JsonObject
            {
                ["description"] = "A model: a folder, a file, or a name on a hub; with +adapter, or with apply:",
                ["type"] = Words("string", "object")
            },
            ["source"] = Closed(Object(("model", Ref("model")), ("parameters", OfModel())), "model"),
            ["slice"] = Closed(Object(
                ("sources", List(
                    Closed(Object(("model", Ref("model")), ("parameters", OfModel()), ("layer_range", Layers())), "model", "layer_range"),
                    "Layers of models that are merged with each other")),
                ("base_model", Described(Ref("model"), "The base of this slice, if another than the recipe's")),
                ("parameters", Described([], "Parameters of the strategy, for this slice")),
                ("residual_weight", Described([], "Has no effect, as in mergekit"))), "sources"),
            ["module"] = Closed(body),
        };
    }

    // A strategy's parameters wherever a recipe may have them.
    private static JsonObject Everywhere(JsonObject set)
    {
        JsonObject models = Items(With(set));
        JsonObject slices = Items(With(set, ("sources", Items(With(set)))));
        JsonObject modules = new() { ["additionalProperties"] = With(set, ("models", models.DeepClone()), ("slices", slices.DeepClone())) };
        return With(set, ("models", models), ("slices", slices), ("modules", modules));

        static JsonObject Items(JsonObject item) => new() { ["items"] = item };

        static JsonObject With(JsonObject set, params (string Name, JsonNode Value)[] more) =>
            new() { ["properties"] = Object([("parameters", set.DeepClone()), .. more]) };
    }

    private JsonObject Selection()
    {
        JsonObject scorers = Enumeration("A scorer", _plugins.Exports(ExportKind.Scorer).Select(scorer => scorer.Export.Id));
        JsonObject fields = Object(
            ("scorer", new JsonObject
            {
                ["description"] = "The scorer that chooses what is merged, or a list of them",
                ["anyOf"] = new JsonArray(scorers, List((JsonObject)scorers.DeepClone()))
            }),
            ("options", new JsonObject { ["description"] = "Options of the scorer", ["type"] = "object" }));
        foreach (OptionInfo option in new OptionsSchema(typeof(SelectionOptions)).Options)
        {
            fields[option.Name] = Described(Setting(option, null), _selection[option.Name]);
        }

        return Described(Closed(fields, "scorer"), "Confines the merge to tensors that a scorer chooses");
    }

    private JsonObject Builders()
    {
        (string Id, OptionsSchema Options, OptionDocs Docs)[] builders = [.. Exported(ExportKind.Builder)];
        JsonObject each = Object([.. builders.Select(builder => (builder.Id, (JsonNode)Record(builder.Options, builder.Docs)))]);
        return new JsonObject
        {
            ["description"] = "What plans the output in place of a merge of equal models",
            ["anyOf"] = new JsonArray(
                new JsonObject { ["enum"] = Words([.. builders.Select(builder => builder.Id)]) },
                new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = each,
                    ["additionalProperties"] = false,
                    ["minProperties"] = 1,
                    ["maxProperties"] = 1
                }),
        };
    }

    private IEnumerable<(string Id, OptionsSchema Options, OptionDocs Docs)> Exported(ExportKind kind)
    {
        foreach (InstalledExport installed in _plugins.Exports(kind))
        {
            if (PluginSummarizer.OptionsType(host.TypeOf(installed), installed, host) is { } type)
            {
                yield return (installed.Export.Id, new OptionsSchema(type, installed), OptionDocs.Read(installed.Plugin));
            }
        }
    }

    // One value; a gradient of values; or values with filters, which may be gradients in turn.
    private static JsonObject Setting(OptionInfo option, OptionDocs? docs)
    {
        JsonObject value = Value(option, docs);
        JsonObject gradient = new() { ["type"] = "array", ["items"] = value.DeepClone(), ["minItems"] = 1 };
        JsonObject condition = Closed(Object(
            ("filter", new JsonObject { ["type"] = Words("string", "null") }),
            ("value", new JsonObject
            {
                ["anyOf"] = new JsonArray(value.DeepClone(), gradient.DeepClone(), new JsonObject { ["type"] = "null" })
            })), "value");
        JsonObject setting = new()
        {
            ["anyOf"] = new JsonArray(value, gradient, condition,
                new JsonObject { ["type"] = "array", ["items"] = condition.DeepClone(), ["minItems"] = 1 },
                new JsonObject { ["type"] = "null" }),
        };
        Describe(setting, option, docs);
        return setting;
    }

    private static JsonObject Record(OptionsSchema schema, OptionDocs? docs)
    {
        JsonObject fields = Object([.. schema.Options.Select(option => (option.Name, (JsonNode)Described(option, docs)))]);
        JsonObject record = Closed(fields, [.. schema.Options.Where(option => option.IsRequired).Select(option => option.Name)]);
        record["type"] = Words("object", "null");
        return record;

        static JsonObject Described(OptionInfo option, OptionDocs? docs)
        {
            JsonObject value = Value(option, docs);
            Describe(value, option, docs);
            return value;
        }
    }

    private static JsonObject Value(OptionInfo option, OptionDocs? docs) => option switch
    {
        { Items: { } item } => List(Value(item, docs)),
        { Record: { } record } => Record(new OptionsSchema(record), docs),
        _ when option.IsModel => Ref("model"),
        _ when option.Type == typeof(bool) =>
            new JsonObject
            {
                ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "boolean" },
                    new JsonObject { ["enum"] = new JsonArray("yes", "no", "on", "off", 0, 1) })
            },
        _ when option.Type == typeof(string) || option.IsAuxiliary => new JsonObject { ["type"] = Words("string", "number", "boolean") },
        _ when option.Type.IsEnum => new JsonObject { ["enum"] = Words([.. option.EnumNames]) },
        _ => Bounded(option),
    };

    private static JsonObject Bounded(OptionInfo option)
    {
        JsonObject number = new() { ["type"] = option.IsContinuous ? "number" : "integer" };
        if (option.Range is { } range)
        {
            double least = Convert.ToDouble(range.Minimum, System.Globalization.CultureInfo.InvariantCulture);
            double most = Convert.ToDouble(range.Maximum, System.Globalization.CultureInfo.InvariantCulture);
            if (double.IsFinite(least))
            {
                number[range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum"] = least;
            }

            if (double.IsFinite(most))
            {
                number[range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum"] = most;
            }
        }

        return number;
    }

    private static void Describe(JsonObject value, OptionInfo option, OptionDocs? docs)
    {
        if (docs?.Summary(option.Property) is { } summary)
        {
            value["description"] = summary;
        }
    }

    private static JsonObject Object(params (string Name, JsonNode Value)[] fields) =>
        new(fields.Select(field => KeyValuePair.Create<string, JsonNode?>(field.Name, field.Value)));

    private static JsonObject Closed(JsonObject fields, params string[] required) =>
        new() { ["type"] = "object", ["properties"] = fields, ["required"] = Words(required), ["additionalProperties"] = false };

    private static JsonObject Ref(string name) => new() { ["$ref"] = $"#/$defs/{name}" };

    private static JsonArray Words(params string[] words) => [.. words.Select(word => (JsonNode)word)];

    private static JsonObject Text(string description) => new() { ["description"] = description, ["type"] = "string" };

    private static JsonObject Number() => new() { ["type"] = "number", ["minimum"] = 0 };

    private static JsonObject Whole() => new() { ["type"] = "integer", ["minimum"] = 1 };

    private static JsonObject Enumeration(string description, IEnumerable<string> words) =>
        new() { ["description"] = description, ["enum"] = Words([.. words.Distinct()]) };

    private static JsonObject OfModel() => Described([], "Parameters of the strategy, for this model");

    private static JsonObject Described(JsonObject value, string description)
    {
        value["description"] = description;
        return value;
    }

    private static JsonObject Layers() =>
        new()
        {
            ["description"] = "[FIRST, END]: the second is the layer after the last",
            ["type"] = "array",
            ["items"] = new JsonObject { ["type"] = "integer", ["minimum"] = 0 },
            ["minItems"] = 2,
            ["maxItems"] = 2
        };

    private static JsonObject List(JsonObject item, string? description = null)
    {
        JsonObject list = new() { ["type"] = "array", ["items"] = item };
        if (description is not null)
        {
            list["description"] = description;
        }

        return list;
    }

    private static JsonObject OneOrMore(JsonObject item, string description) =>
        new() { ["description"] = description, ["anyOf"] = new JsonArray(item, List((JsonObject)item.DeepClone())) };
}
