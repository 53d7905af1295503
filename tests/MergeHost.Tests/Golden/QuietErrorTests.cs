namespace MergeHost.Tests.Golden;

/// <summary>Where mergekit goes wrong without a word, or stops with a word that does not help,
/// MergeHost is right or says what to do.</summary>
public sealed class QuietErrorTests(GoldenMerges merges) : IClassFixture<GoldenMerges>
{
    // mergekit ignores the first three, and writes NaN for the fourth; the others end in a Python error that does not name the place.
    [Theory]
    [InlineData("ties", "weight: 1, densty: 0.1", "MH1008", 7, "'densty'")]
    [InlineData("dare_ties", "weight: 1, lamda: 2", "MH1008", 7, "'lamda'")]
    [InlineData("linear", "weight: -1", "MH4001", 1, "sum to 0")]
    [InlineData("ties", "weight: 1, density: -0.1", "MH1004", 7, "[0, 1]")]
    [InlineData("della", "weight: 1, density: 0.9", "MH4001", 1, "must lie in (0, 1)")]
    [InlineData("ties", "density: 0.5", "MH1006", 6, "'weight' is missing for 'inputs/tied/e1'")]
    public void Plan_OfParametersThatMakeNoSense_NamesThemAndTheirPlace(string method, string parameters, string code, int line,
        string said)
    {
        Problem problem = Assert.Single(merges.ProblemsOf($$"""
            merge_method: {{method}}
            base_model: inputs/tied/base
            models:
            - model: inputs/tied/base
              parameters: {weight: 1}
            - model: inputs/tied/e1
              parameters: { {{parameters}} }
            """));

        Assert.Equal((code, line), (problem.Code.Id, problem.Place?.Line));
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
    }

    // Real recipes carry these from one method to the next; mergekit says nothing.
    [Theory]
    [InlineData("sce", "weight: 1", "'sce' has no parameter 'weight', as other methods have; it has no effect")]
    [InlineData("ties", "weight: 1, gamma: 0.1", "'ties' has no parameter 'gamma', as other methods have; it has no effect")]
    [InlineData("ties", "weight: 1, density: 30", "density is 30; it must be in [0, 1], and what is more counts as 1, as in mergekit")]
    [InlineData("ties", "weight: 1, lambda: 2", "'lambda' holds for the whole tensor, and has no effect under a model, as in mergekit")]
    public void Plan_OfAParameterThatDoesNotSayWhatItMeans_WarnsAndGoesOn(string method, string parameters, string said)
    {
        Problem warning = Assert.Single(merges.WarningsOf($$"""
            merge_method: {{method}}
            base_model: inputs/tied/base
            models:
            - model: inputs/tied/e1
              parameters: { {{parameters}} }
            """), warning => warning.Code == ErrorCodes.UnknownParameter || warning.Code == ErrorCodes.ValueOutOfRange);

        Assert.Equal((said, Severity.Warning, 5), (warning.Message, warning.Severity, warning.Place?.Line));
    }

    [Theory]
    [InlineData("weight: 1_0", "'1_0'")]
    [InlineData("weight: half", "'half'")]
    public void Plan_OfAWeightThatIsNoNumber_SaysJustThat(string parameter, string said)
    {
        Problem problem =
            Assert.Single(merges.ProblemsOf($"merge_method: linear\nmodels:\n- {{model: inputs/tied/e1, parameters: {{{parameter}}}}}"));

        Assert.Equal(ErrorCodes.WrongType, problem.Code);
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfLayersThatCannotBeRead_SaysJustThat()
    {
        Problem problem = Assert.Single(merges.ProblemsOf(
            "merge_method: passthrough\nslices:\n- sources: [{model: inputs/tied/e1, layer_range: [0, all]}]"));

        Assert.Equal(ErrorCodes.WrongType, problem.Code);
        Assert.Contains("'all'", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("slerp", "{t: 0.5}")]
    [InlineData("ties", "{weight: 0.5}")]
    public void Plan_WithoutTheBaseThatAStrategyNeeds_AsksForIt(string method, string parameters)
    {
        Problem problem = Assert.Single(merges.ProblemsOf(
            $"merge_method: {method}\nmodels: [{{model: inputs/tied/e1}}, {{model: inputs/tied/e2}}]\nparameters: {parameters}"));

        Assert.Equal(ErrorCodes.SourceCount, problem.Code);
        Assert.Contains("base_model", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_WhereTheBaseGivesTwoRunsOfLayers_RefusesToChoose()
    {
        Problem problem = Assert.Single(merges.ProblemsOf("""
            merge_method: ties
            base_model: inputs/tied/base
            slices:
            - sources:
              - {model: inputs/tied/base, layer_range: [0, 1]}
              - {model: inputs/tied/base, layer_range: [1, 2]}
              - {model: inputs/tied/e1, layer_range: [1, 2], parameters: {weight: 1}}
            """));

        Assert.Equal((ErrorCodes.SourceCount, 4), (problem.Code, problem.Place?.Line));
        Assert.Contains("'inputs/tied/base'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_WithATypingErrorInAPath_ProposesTheRightOne()
    {
        Problem problem = Assert.Single(merges.ProblemsOf("merge_method: passthrough\nmodels: [{model: inputs/tied/e9}]"));

        Assert.Equal(ErrorCodes.ModelNotFound, problem.Code);
        Assert.Contains("inputs/tied/e", problem.Hint, StringComparison.Ordinal);
    }

    // To mergekit it is one more model, and the merge dies where it looks for its weight.
    [Theory]
    [InlineData("linear", "weight: 1", "for which parameters are missing")]
    [InlineData("passthrough", "", "which takes 1")]
    public void Plan_WithABaseThatNoParameterHoldsFor_SaysThatItIsOneMoreModel(string method, string parameters, string reason)
    {
        Problem problem = Assert.Single(merges.ProblemsOf(
            $"merge_method: {method}\nbase_model: inputs/tied/base\nmodels: [{{model: inputs/tied/e1, parameters: {{{parameters}}}}}]"));

        Assert.Equal($"base 'inputs/tied/base' is not listed, and is one more model to '{method}', {reason}", problem.Message);
        Assert.Equal(2, problem.Place!.Line);
    }

    [Fact]
    public void Merge_WithADensityAboveOne_TrimsNothing()
    {
        const string recipe =
            "merge_method: ties\nbase_model: inputs/tied/base\nmodels: [{model: inputs/tied/e1, parameters: {weight: 1, density: "
                + "DENSITY}}]";
        AssertSame(recipe.Replace("DENSITY", "30", StringComparison.Ordinal), recipe.Replace("DENSITY", "1", StringComparison.Ordinal));
        AssertSame(recipe.Replace("DENSITY", "[1, 3]", StringComparison.Ordinal), recipe.Replace("DENSITY", "1", StringComparison.Ordinal));
    }

    [Fact]
    public void Merge_WhereTheLastSliceHasMoreModels_TakesTheFinalNormFromAllOfThem() => AssertSame(
        """
        merge_method: linear
        slices:
        - sources: [{model: inputs/tied/e1, layer_range: [0, 1]}]
        - sources: [{model: inputs/tied/e1, layer_range: [1, 2]}, {model: inputs/tied/e2, layer_range: [1, 2]}]
        parameters: {weight: 1}
        """,
        "merge_method: linear\nmodels: [{model: inputs/tied/e1}, {model: inputs/tied/e2}]\nparameters: {weight: 1}",
        "model.norm.weight");

    [Fact]
    public void Merge_WithADensityThatKeepsNothingOfASmallTensor_LeavesThatTensorToTheBase() => AssertSame(
        "merge_method: breadcrumbs\nbase_model: inputs/tied/base\nmodels: [{model: inputs/tied/e1, parameters: {weight: 1, density: "
            + "0.01}}]",
        "merge_method: passthrough\nmodels: [{model: inputs/tied/base}]",
        "model.norm.weight");

    [Fact]
    public void Merge_WithAnUnlistedBaseThatParametersHoldFor_SaysThatItIsMerged()
    {
        Problem warning = merges.Warnings("linear_base_not_listed").Single(warning => warning.Code == ErrorCodes.SourceCount);

        Assert.Contains("'inputs/f32/base'", warning.Message, StringComparison.Ordinal);
        Assert.Equal(2, warning.Place?.Line);
    }

    private void AssertSame(string recipe, string other, string? tensor = null)
    {
        SortedDictionary<string, StoredTensor> first = SafetensorsFile.Read(Path.Combine(merges.OutputOf(recipe), "model.safetensors"));
        SortedDictionary<string, StoredTensor> second = SafetensorsFile.Read(Path.Combine(merges.OutputOf(other), "model.safetensors"));

        IEnumerable<string> names = tensor is null ? first.Keys : [tensor];

        // One rounding apart at most.
        Assert.All(names, name => Assert.All(
            second[name].Values.Zip(first[name].Values),
            pair => Assert.Equal(pair.First, pair.Second, 2e-7f * Math.Max(Math.Abs(pair.First), 1))));
    }
}
