namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>A type of file as llama.cpp's users name it: most weights have one type, those that matter more have a larger one.</summary>
/// <remarks>The rules are those of <c>llama-quantize</c> of 2026.</remarks>
/// <param name="Name">The name, such as <c>Q4_K_M</c>.</param>
/// <param name="Main">The type of most weights.</param>
internal sealed record TypeMixture(string Name, DType Main)
{
    // A model whose heads share keys by fours or more has small values, which can be larger in bits.
    private const long SharedHeads = 4;

    // A model of eight experts, as Mixtral, has small matrices beside them; one of 70 billion weights has 80 layers.
    private const int FewExperts = 8;
    private const int ManyLayers = 80;

    private static readonly string[] _smallOutputs = ["Q2_K", "Q3_K_S", "Q3_K_M", "IQ4_NL", "Q4_K_S", "Q4_K_M", "IQ4_XS"];

    // Experts are MXFP4, all else is Q8_0.
    private const string Experts = "MXFP4_MOE";

    private static readonly string[] _plain = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q6_K", "IQ4_NL",
        "IQ4_XS"];

    private static readonly TypeMixture[] _all =
    [
        new TypeMixture(Experts, Type("MXFP4")),
        .. _plain.Select(name => new TypeMixture(name, Type(name))),
        .. new[] { "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M" }
            .Select(name => new TypeMixture(name, Type(name[..^2]))),
    ];

    /// <summary>Every mixture.</summary>
    public static IReadOnlyList<TypeMixture> All => _all;

    /// <summary>The number by which llama.cpp calls files of it.</summary>
    public uint? FileType => Name switch
    {
        "Q3_K_S" => 11,
        "Q3_K_L" => 13,
        "Q4_K_S" => 14,
        "Q5_K_S" => 16,
        _ => GgufType.FileTypeOf(Main),
    };

    /// <summary>The names of all, as users write them.</summary>
    public static IEnumerable<string> Names => _all.Select(mixture => mixture.Name.ToLowerInvariant());

    /// <summary>Finds a mixture by its name, in upper or lower case; Q3_K, Q4_K and Q5_K stand for their middle sizes.</summary>
    public static TypeMixture? Find(string name)
    {
        string upper = name.ToUpperInvariant();
        string full = upper is "Q3_K" or "Q4_K" or "Q5_K" ? upper + "_M" : upper;
        return Array.Find(_all, mixture => mixture.Name == full);
    }

    /// <summary>The type of each weight, before it is seen whether its rows fill blocks.</summary>
    /// <param name="tensors">The weights.</param>
    /// <param name="hasImportance">Whether an importance matrix makes small types better.</param>
    public IReadOnlyList<DType> Choose(IReadOnlyList<TensorInfo> tensors, bool hasImportance)
    {
        WeightRole[] roles = [.. tensors.Select(WeightRoles.Of)];
        bool isTied = !roles.Contains(WeightRole.Head);
        Model model = new(SharesHeads(tensors, roles), WeightRoles.ExpertsOf(tensors), hasImportance);
        DType[] types = new DType[tensors.Count];
        foreach (IGrouping<WeightRole, int> same in Enumerable.Range(0, tensors.Count).GroupBy(index => roles[index]))
        {
            // The experts of a layer are one tensor in the file.
            int[][] inOrder = [.. same.GroupBy(index => WeightRoles.LayerOf(tensors[index].Name)).OrderBy(layer => layer.Key)
                .Select(layer => layer.ToArray())];
            bool isHead = same.Key == WeightRole.Head || (isTied && same.Key == WeightRole.Embedding);
            for (int layer = 0; layer < inOrder.Length; layer++)
            {
                foreach (int index in inOrder[layer])
                {
                    types[index] = Name == Experts ? Type(!isHead && WeightRoles.IsExpert(tensors[index].Name) ? "MXFP4" : "Q8_0")
                        : isHead ? HeadType(tensors[index]) : Of(same.Key, layer, inOrder.Length, model);
                }
            }
        }

        return types;
    }

    private static DType Type(string name) => GgufType.All.First(type => type.Name == name);

    private static bool SharesHeads(IReadOnlyList<TensorInfo> tensors, WeightRole[] roles)
    {
        int query = Array.IndexOf(roles, WeightRole.Query);
        int value = Array.IndexOf(roles, WeightRole.Value);
        return query >= 0 && value >= 0 && tensors[value].Shape[0] > 0 && tensors[query].Shape[0] / tensors[value].Shape[0] >= SharedHeads;
    }

    private DType HeadType(TensorInfo head) => Main.Kind != DTypeKind.Quantized ? Main
        : Main.Name == "Q8_0" || head.Shape[head.Shape.Rank - 1] % Main.BlockElements != 0 ? Type("Q8_0") : Type("Q6_K");

    private DType Of(WeightRole role, int layer, int layers, Model model)
    {
        if (model.Experts == FewExperts
            && (role is WeightRole.Value or WeightRole.Key || (role == WeightRole.Output && _smallOutputs.Contains(Name))))
        {
            return Type(role == WeightRole.Output ? "Q5_K" : "Q8_0");
        }

        DType type = Usual(role, layer, layers, model);
        return role == WeightRole.Value && layers == ManyLayers && type.Name is ("Q3_K" or "Q4_K") ? Type("Q5_K") : type;
    }

    private DType Usual(WeightRole role, int layer, int layers, Model model)
    {
        // The first and the last eighth, and every third layer between.
        bool isImportant = layer < layers / 8 || layer >= 7 * layers / 8 || (layer - (layers / 8)) % 3 == 2;
        string? name = (Name, role) switch
        {
            ("Q2_K", WeightRole.Value) => model.SharesHeads ? "Q4_K" : "Q3_K",
            ("Q2_K", WeightRole.Down or WeightRole.Output) => "Q3_K",
            ("Q3_K_M", WeightRole.Value) => layer < 2 ? "Q5_K" : "Q4_K",
            ("Q3_K_M", WeightRole.Down) => layer < layers / 16 ? "Q5_K" : "Q4_K",
            ("Q3_K_M", WeightRole.Output) => "Q4_K",
            ("Q3_K_L", WeightRole.Value or WeightRole.Down or WeightRole.Output) => "Q5_K",
            ("Q3_K_M" or "Q3_K_L", WeightRole.QueryKeyValue) => "Q4_K",
            ("IQ4_NL" or "IQ4_XS", WeightRole.Value) when model.SharesHeads => "Q5_K",
            ("IQ4_NL" or "IQ4_XS", WeightRole.Down) when layer < layers / 8 && !model.HasImportance => "Q5_K",
            ("Q4_0", WeightRole.Down) when layer < layers / 8 && model.HasImportance => "Q4_1",
            ("Q5_0", WeightRole.Down) when layer < layers / 8 && model.HasImportance => "Q5_1",
            ("Q4_K_S", WeightRole.Value) when layer < 4 => "Q5_K",
            ("Q4_K_S", WeightRole.Down) when layer < layers / 8 => "Q5_K",
            ("Q4_K_M" or "Q5_K_M", WeightRole.Value or WeightRole.Down) when isImportant => "Q6_K",
            ("Q4_K_M", WeightRole.QueryKeyValue) => "Q5_K",
            ("Q5_K_M", WeightRole.QueryKeyValue) => "Q6_K",
            _ => null,
        };
        return name is null ? Main : Type(name);
    }

    /// <param name="SharesHeads">Whether each head of values serves four of queries or more.</param>
    /// <param name="Experts">How many experts a layer has.</param>
    /// <param name="HasImportance">Whether an importance matrix makes small types better.</param>
    private sealed record Model(bool SharesHeads, int Experts, bool HasImportance);
}
