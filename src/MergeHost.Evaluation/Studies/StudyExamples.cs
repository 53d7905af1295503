using MergeHost.Checkpoints;
using MergeHost.Evaluation.Measuring;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Prediction;
using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Settings;
using MergeHost.Models;
using MergeHost.Storage.Text;

namespace MergeHost.Evaluation.Studies;

/// <summary>The merges of a study as examples: what could be known of each beforehand, and how it came out.</summary>
/// <param name="study">The study.</param>
/// <param name="base">The base.</param>
/// <param name="experts">The experts, in the study's order.</param>
/// <param name="models">What was measured.</param>
/// <param name="evaluator">Measures what lies in the middle of experts.</param>
/// <param name="mean">The mean of the experts of some letters.</param>
/// <param name="make">Makes a merge of a name and a recipe, and looks at it.</param>
/// <param name="options">How merges are carried out.</param>
/// <param name="tell">Told what is being done, in a line.</param>
/// <param name="cancellation">Asks to stop.</param>
internal sealed class StudyExamples(
    Study study, InputModel @base, IReadOnlyList<InputModel> experts, StudyModels models, Evaluator evaluator, Func<string, Subject> mean,
    Func<string, YamlMapping, Func<ICheckpointReader, Dictionary<string, double>>, Dictionary<string, double>> make,
    MergeOptions options, Action<string> tell, CancellationToken cancellation)
{
    private readonly Dictionary<string, Dictionary<string, double>> _ofTexts = [];

    /// <summary>The examples of those merges that are of two experts at least; of merges with the same weights the first.</summary>
    public IReadOnlyList<MergeExample> Of(IEnumerable<StudyMerge> merges)
    {
        StudyMerge[] several = [.. merges.Where(merge => merge.Letters.Length > 1).DistinctBy(merge => merge.Model.Weights)];
        if (several.Length == 0)
        {
            return [];
        }

        tell($"{study.Name}: looking at weights");
        WeightFacts facts = new(@base, experts, options, cancellation);
        return [.. several.Select(merge => Of(merge, facts))];
    }

    private MergeExample Of(StudyMerge merge, WeightFacts facts)
    {
        string name = $"{merge.Name} {merge.Candidate.Setting}".TrimEnd();
        tell($"{name}: looking at weights");
        int[] merged = [.. merge.Letters.Select(letter => study.Experts.ToList().FindIndex(expert => expert.Letter == letter))];
        Constituents constituents = models.Of(merge.Letters);
        Dictionary<string, double> features = make(name, StudyRecipe.Of(study, merge.Letters, merge.Candidate.Setting),
            made => facts.Of(merged, made, options, cancellation));
        return new MergeExample(
            study.Name, [.. merge.Letters.Select(letter => $"{letter}")], merge.Candidate.Method.Name, merge.Candidate.Setting.Values,
            features.Concat(OfTexts(merge.Letters, constituents)).ToDictionary(),
            MergeOutcomes.Of(merge.Model, constituents.Base, constituents.Experts));
    }

    private Dictionary<string, double> OfTexts(string letters, Constituents constituents)
    {
        if (!_ofTexts.TryGetValue(letters, out Dictionary<string, double>? features))
        {
            string[] texts = [.. TextFeatures.Texts(constituents.Base).Select(task => constituents.Base.Tasks[task].Task.Name)];
            features = texts.Length == 0 ? [] : Measure(evaluator.Only(texts));
            _ofTexts.Add(letters, features);
        }

        return features;

        Dictionary<string, double> Measure(Evaluator onTexts)
        {
            Constituents known = constituents.Only(onTexts.Suite);
            MeasuredModel middle = onTexts.Measure(mean(letters), cancellation);
            return TextFeatures.Of(known.Base, known.Experts, middle);
        }
    }
}
