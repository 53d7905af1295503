using MergeHost.Models;

namespace MergeHost.Planning.Names;

/// <summary>Recognises adapters by the tensors that they hold: small matrices that change a model and are none.</summary>
internal static class AdapterNames
{
    // A part of a name, and the kind of adapter that it tells of.
    private static readonly (string Part, string Kind)[] _parts =
    [
        ("lora_magnitude_vector", "DoRA"), ("dora_scale", "DoRA"), ("vera_lambda_b", "VeRA"),
        ("lora_A", "LoRA"), ("lora_B", "LoRA"), ("lora_embedding_A", "LoRA"), ("lora_down", "LoRA"), ("lora_up", "LoRA"),
        ("lora_a", "LoRA"),
        ("hada_w1_a", "LoHa"), ("lokr_w1", "LoKr"), ("lokr_w1_a", "LoKr"), ("ia3_l", "IA³"), ("oft_r", "OFT"), ("oft_R", "OFT"),
        ("boft_R", "BOFT"),
        ("prompt_embeddings", "prompt tuning"), ("adaption_prompt", "adaption prompt"),
    ];

    /// <summary>Tells what adapter a model is, or holds unmerged.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The kind and a tensor that tells it; <see langword="null"/> if the model is none.</returns>
    public static (string Kind, string Tensor)? Find(InputModel model)
    {
        HashSet<string> words = [];
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> parts = words.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (TensorInfo tensor in model.Stored)
        {
            foreach (Range word in tensor.Name.AsSpan().Split('.'))
            {
                parts.Add(tensor.Name.AsSpan(word));
            }
        }

        if (_parts.FirstOrDefault(known => words.Contains(known.Part)) is ({ } part, { } kind))
        {
            return (kind, model.Stored.First(tensor => tensor.Name.Split('.').Contains(part)).Name);
        }

        return model.WeightFiles.Count > 0
            && model.WeightFiles.All(file => Path.GetFileName(file).StartsWith("adapter_model.", StringComparison.Ordinal))
            && model.Stored.Count > 0
            ? ("PEFT", model.Stored[0].Name)
            : null;
    }
}
