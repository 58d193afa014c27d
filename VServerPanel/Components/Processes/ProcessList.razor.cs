using System.Globalization;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Core.Processes;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Processes;

/// <summary>Processes, live: of one vserver or of all; those of the host itself for administrators.</summary>
public sealed partial class ProcessList
{
    /// <summary>In pixels; as panel.css has it.</summary>
    private const float RowHeight = 44;

    // no vserver is called so: a name has no blanks
    private const string Host = "the host";

    private const int IndentOfOne = 18;

    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(600);

    private ProcessSnapshot? _snapshot;
    private IReadOnlyList<ProcessInfo> _mine = [];
    private List<ProcessRow> _rows = [];
    private Exception? _problem;
    private string _search = "";
    private string _place = "";
    private IReadOnlyList<string> _places = [];
    private bool _isTree;
    private ProcessColumn _column = ProcessColumn.Processor;
    private bool _isDescending = true;
    private bool _mayEnd;

    /// <summary>Only those of this vserver; all where it is not given.</summary>
    [Parameter]
    public VServerName? Only { get; set; }

    [Inject]
    private ProcessDirectory Processes { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        try
        {
            await Gate.DemandAsync(Policies.Read);
        }
        catch (NotAllowedException e)
        {
            _problem = e;
            await InvokeAsync(StateHasChanged);
            return;
        }

        _mayEnd = await Gate.AllowsAsync(Policies.Operate);
        await foreach (var snapshot in Processes.WatchAsync(includeHost: Only is null && await Gate.AllowsAsync(Policies.Administer), stopping))
        {
            _snapshot = snapshot;
            Arrange();
            await InvokeAsync(StateHasChanged);
            await Task.Delay(s_pace, stopping);
        }
    }

    private void Arrange()
    {
        var all = _snapshot?.Processes ?? [];
        if (Only is null)
        {
            // the one that is chosen stays in the list while nothing runs in it
            _places = [.. all.Select(WhereOf).Append(_place).Where(p => p.Length > 0).Distinct(StringComparer.Ordinal).OrderBy(p => p != Host).ThenBy(p => p, StringComparer.OrdinalIgnoreCase)];
            _mine = _place.Length == 0 ? all : [.. all.Where(p => WhereOf(p) == _place)];
        }
        else
        {
            _mine = [.. all.Where(p => p.VServer == Only)];
        }

        _rows = new ProcessRows(_search.Trim(), _column, _isDescending, _isTree).Of(_mine);
    }

    private void ShowAs(bool tree)
    {
        _isTree = tree;
        (_column, _isDescending) = tree ? (ProcessColumn.VServer, false) : (ProcessColumn.Processor, true);
        Arrange();
    }

    private void SortBy(ProcessColumn column)
    {
        // figures are looked at for their largest, words from A on
        _isDescending = _column == column ? !_isDescending : column is ProcessColumn.Processor or ProcessColumn.Memory or ProcessColumn.Started;
        _column = column;
        Arrange();
    }

    private Task<IDialogReference> EndAsync(ProcessInfo process) =>
        Dialogs.ShowAsync<EndProcessDialog>("End this process?", new DialogParameters<EndProcessDialog> { { d => d.Process, process } });

    private RenderFragment Heading(ProcessColumn column, string title, string css) => builder =>
    {
        builder.OpenElement(0, "th");
        builder.AddAttribute(1, "scope", "col");
        builder.AddAttribute(2, "class", css);
        builder.AddAttribute(3, "aria-sort", _column != column ? "none" : _isDescending ? "descending" : "ascending");
        builder.OpenElement(4, "button");
        builder.AddAttribute(5, "type", "button");
        builder.AddAttribute(6, "class", "vp-sort");
        builder.AddAttribute(7, "onclick", EventCallback.Factory.Create(this, () => SortBy(column)));
        builder.AddContent(8, title);
        builder.CloseElement();
        builder.CloseElement();
    };

    private static string WhereOf(ProcessInfo process) => process.VServer?.Value
        ?? (process.Context is 0 ? Host : string.Create(CultureInfo.InvariantCulture, $"context {process.Context?.ToString(CultureInfo.InvariantCulture) ?? "?"}"));

    private static string NumberTitle(ProcessInfo process) => process.InnerPid is null ? "Its PID on the host" : string.Create(CultureInfo.InvariantCulture, $"Its PID in the vserver; on the host it is {process.Pid}");

    private static int Indent(ProcessRow row) => Math.Min(row.Depth, ProcessRows.DeepestIndent) * IndentOfOne;

    private static string Percent(ProcessInfo process) => process.State == "Z" ? "ended" : string.Create(CultureInfo.InvariantCulture, $"{process.CpuPercent:0.0} %");

    internal static string StateWord(string state) => state switch
    {
        "R" => "running",
        "S" => "sleeping",
        "D" => "waiting in the kernel",
        "T" or "t" => "halted",
        "Z" => "ended, and its parent has not asked how",
        "I" => "idle thread of the kernel",
        _ => state,
    };
}
