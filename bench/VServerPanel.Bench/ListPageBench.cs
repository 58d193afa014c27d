namespace VServerPanel.Bench;

/// <summary>The list page with many vservers against the same page with ten.</summary>
internal static class ListPageBench
{
    public static Task<int> RunAsync(int vservers) => throw new NotImplementedException(vservers.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
