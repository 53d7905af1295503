namespace MergeHost.Testing;

/// <summary>Makes wrong files of right ones: some bytes are changed, removed, doubled, moved or replaced
/// by words that readers stumble over.</summary>
/// <param name="seed">Where the draws begin; the same seed gives the same mutants.</param>
/// <param name="words">What is put in now and then.</param>
public sealed class Mutator(int seed, IReadOnlyList<byte[]> words)
{
    private readonly Random _random = new(seed);

    /// <summary>A right file of several.</summary>
    public byte[] Choose(IReadOnlyList<byte[]> seeds) => seeds[_random.Next(seeds.Count)];

    /// <summary>Makes a mutant.</summary>
    public byte[] Mutate(byte[] content)
    {
        List<byte> mutant = [.. content];
        for (int changes = _random.Next(1, 5); changes > 0 && mutant.Count > 0; changes--)
        {
            int place = _random.Next(mutant.Count);
            switch (_random.Next(6))
            {
                case 0:
                    mutant[place] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    mutant[place] = (byte)(_random.Next(2) == 0 ? 0xFF : 0x00);
                    break;
                case 2:
                    mutant.RemoveRange(place, _random.Next(1, Math.Min(8, mutant.Count - place) + 1));
                    break;
                case 3 when words.Count > 0:
                    mutant.InsertRange(place, words[_random.Next(words.Count)]);
                    break;
                case 4 when words.Count > 0:
                    byte[] word = words[_random.Next(words.Count)];
                    mutant.RemoveRange(place, Math.Min(word.Length, mutant.Count - place));
                    mutant.InsertRange(place, word);
                    break;
                default:
                    int length = _random.Next(1, Math.Min(40, mutant.Count - place) + 1);
                    mutant.InsertRange(_random.Next(mutant.Count), mutant.GetRange(place, length));
                    break;
            }
        }

        return [.. mutant];
    }
}
