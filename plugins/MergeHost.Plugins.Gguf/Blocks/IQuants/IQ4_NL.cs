namespace MergeHost.Plugins.Gguf.Blocks.IQuants;

/// <summary>32 numbers of a codebook with a scale: <c>w = d·c[q]</c>.</summary>
internal readonly unsafe struct IQ4_NL : IEncodableBlock, IWeightedBlock
{
    public static int Elements => 32;

    public static int Bytes => 18;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block);

    public static void Decode(byte* block, float* values)
    {
        sbyte* numbers = stackalloc sbyte[32];
        Codebook.LookUp(block + 2, Codebook.NonLinear, numbers);
        Bits.Scale(numbers, 32, Bits.Half(block), values);
    }

    public static bool NeedsRow => false;

    public static void Encode(float* values, byte* block)
    {
        float* weights = stackalloc float[32];
        ScaleSearch.Square(values, 32, weights);
        Put(values, weights, block);
    }

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        float* weights = stackalloc float[32];
        ScaleSearch.Weigh(values, importance, ScaleSearch.SumOfSquares(values, 32) * (2f / 32), 32, weights);
        Put(values, weights, block);
    }

    private static void Put(float* values, float* weights, byte* block)
    {
        float scale = CodebookSearch.Scale(values, weights);
        Bits.PutHalf(block, scale);
        byte* numbers = stackalloc byte[32];
        CodebookSearch.Choose(values, scale != 0 ? 1 / scale : 0, numbers);
        Bits.PackNibbles(numbers, 16, block + 2);
    }
}
