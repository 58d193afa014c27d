using MudBlazor;

namespace VServerPanel.Components.Layout;

/// <summary>Shapes and type of MudBlazor's components. Colours are in tokens.css, where they can follow the system before any script runs.</summary>
internal static class PanelTheme
{
    private static readonly string[] s_fonts = ["IBM Plex Sans", "system-ui", "sans-serif"];

    internal static MudTheme Theme { get; } = new()
    {
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = s_fonts, FontSize = "0.9375rem", LineHeight = "1.5", LetterSpacing = "normal" },
            Body1 = new Body1Typography { FontFamily = s_fonts, FontSize = "0.9375rem", LineHeight = "1.5", LetterSpacing = "normal" },
            Body2 = new Body2Typography { FontFamily = s_fonts, FontSize = "0.875rem", LineHeight = "1.5", LetterSpacing = "normal" },
            Button = new ButtonTypography { FontFamily = s_fonts, FontSize = "0.875rem", FontWeight = "500", TextTransform = "none", LetterSpacing = "normal" },
            Caption = new CaptionTypography { FontFamily = s_fonts, FontSize = "0.8125rem", LineHeight = "1.45", LetterSpacing = "normal" },
            Subtitle1 = new Subtitle1Typography { FontFamily = s_fonts, FontWeight = "600", LetterSpacing = "normal" },
            Subtitle2 = new Subtitle2Typography { FontFamily = s_fonts, FontWeight = "600", LetterSpacing = "normal" },
            H6 = new H6Typography { FontFamily = s_fonts, FontSize = "1.0625rem", FontWeight = "600", LetterSpacing = "normal" },
        },
    };
}
