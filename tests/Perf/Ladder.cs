namespace MergeHost.Perf;

/// <summary>A merge that is timed.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Inputs">The files that it reads; their <c>cat</c> is a part of the floor.</param>
/// <param name="Recipe">The recipe.</param>
internal sealed record LadderCase(string Name, string[] Inputs, string Recipe)
{
    /// <summary>Makes what only this case needs, in a folder.</summary>
    public Action<string> Prepare { get; init; } = _ => { };

    /// <summary>Removes what others must not find.</summary>
    public Action<string> CleanUp { get; init; } = _ => { };
}

/// <summary>The merges by which speed is judged: methods, and what is done to models on the way in and out.</summary>
internal static class Ladder
{
    private const string Thinned = "weight: 0.5, density: 0.3";

    /// <summary>All of them.</summary>
    /// <param name="layers">How many layers the models have.</param>
    public static IReadOnlyList<LadderCase> Cases(int layers) =>
    [
        new("passthrough", Models("expert1"), "merge_method: passthrough\nmodels: [{model: expert1}]"),
        new("linear", Models("expert1", "expert2"), "merge_method: linear\n" + Experts("weight: 0.5")),
        new("slerp", Models("expert1", "expert2"),
            "merge_method: slerp\nbase_model: expert1\nmodels: [{model: expert2}]\nparameters: {t: 0.4}"),
        new("karcher", Models("expert1", "expert2"), "merge_method: karcher\n" + Experts("")),
        OfTwo("task_arithmetic", "weight: 0.5"),
        OfTwo("dare_linear", Thinned),
        OfTwo("dare_ties", Thinned),
        OfTwo("ties", Thinned),
        new("ties over the model", Models("base", "expert1", "expert2"),
            $"merge_method: ties\nbase_model: base\nparameters: {{trim_scope: model}}\n{Experts(Thinned)}"),
        OfTwo("breadcrumbs", Thinned),
        OfTwo("breadcrumbs_ties", Thinned),
        OfTwo("della", Thinned),
        OfTwo("della_linear", Thinned),
        OfTwo("sce", "", "parameters: {select_topk: 0.3}\n"),
        OfTwo("ram", ""),
        OfTwo("ramplus_tl", ""),
        OfTwo("model_stock", ""),
        OfTwo("nuslerp", "weight: 0.5"),
        OfTwo("multislerp", "weight: 0.5"),
        OfOne("nearswap", "parameters: {t: 0.001}"),
        OfOne("arcee_fusion", ""),
        new("adapters", [.. Models("base"), "adapter1/adapter_model.safetensors", "adapter2/adapter_model.safetensors"],
            "merge_method: linear\nmodels:\n- {model: base+adapter1, parameters: {weight: 0.5}}\n- {model: base+adapter2, parameters: "
                + "{weight: 0.5}}")
        {
            Prepare = folder =>
            {
                LargeAdapter.Write(Path.Combine(folder, "adapter1"), seed: 1, layers);
                LargeAdapter.Write(Path.Combine(folder, "adapter2"), seed: 2, layers);
            },
        },
        new("union", Models("expert1", "expert2"), "merge_method: linear\ntokenizer_source: union\n" + Experts("weight: 0.5"))
        {
            Prepare = folder => ForExperts(folder, LargeCheckpoint.WriteTokenizer),
            CleanUp = folder => ForExperts(folder, (model, _) => File.Delete(Path.Combine(model, LargeCheckpoint.TokenizerFile))),
        },
        new("moe", Models("expert1", "expert2"),
            "base_model: expert1\ngate_mode: random\nexperts:\n- {source_model: expert1, positive_prompts: [a]}\n- {source_model: expert2, "
                + "positive_prompts: [b]}"),
        new("pickles", ["expert1-bin/pytorch_model.bin", "expert2-bin/pytorch_model.bin"],
            "merge_method: linear\nmodels:\n- {model: expert1-bin, parameters: {weight: 0.5}}\n- {model: expert2-bin, parameters: {weight: "
                + "0.5}}")
        {
            Prepare = folder => ForExperts(folder,
                (model, _) => LargeTorchFile.Write(Path.Combine(model, "model.safetensors"), model + "-bin")),
        },
        .. new[] { "fp8-block", "gptq", "nvfp4" }.Select(Unpacked),
    ];

    // Read from a packing, written without.
    private static LadderCase Unpacked(string packing) => new($"from {packing}", Models($"expert1-{packing}"),
        $"merge_method: passthrough\nmodels: [{{model: expert1-{packing}}}]\noutput: {{packing: none}}")
    {
        Prepare = folder =>
        {
            if (!Directory.Exists(Path.Combine(folder, $"expert1-{packing}")))
            {
                MergePerf.Time(
                    folder, MergePerf.Program, "convert", "expert1", $"expert1-{packing}", "--to", "safetensors", "--packing", packing,
                    "--quiet");
            }
        },
    };

    private static LadderCase OfTwo(string method, string ofSources, string more = "") =>
        new(method, Models("base", "expert1", "expert2"), $"merge_method: {method}\nbase_model: base\n{more}{Experts(ofSources)}");

    private static LadderCase OfOne(string method, string more) =>
        new(method, Models("base", "expert1"), $"merge_method: {method}\nbase_model: base\nmodels: [{{model: expert1}}]\n{more}");

    private static string Experts(string parameters) =>
        string.Join('\n',
            new[] { "expert1", "expert2" }.Select(model => $"- {{model: {model}, parameters: {{{parameters}}}}}").Prepend("models:"));

    private static string[] Models(params string[] models) => [.. models.Select(model => $"{model}/model.safetensors")];

    private static void ForExperts(string folder, Action<string, int> make)
    {
        make(Path.Combine(folder, "expert1"), 1);
        make(Path.Combine(folder, "expert2"), 2);
    }
}
