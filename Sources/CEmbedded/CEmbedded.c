#include "CEmbedded.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

const uint8_t prep_gpt2_ranks[] = {
#embed "gpt2.tiktoken"
};
const size_t prep_gpt2_ranks_count = sizeof(prep_gpt2_ranks);

const uint8_t prep_version_file[] = {
#embed "../../VERSION"
};
const size_t prep_version_file_count = sizeof(prep_version_file);

const uint8_t prep_report_page[] = {
#embed "report/report.html"
};
const size_t prep_report_page_count = sizeof(prep_report_page);
const uint8_t prep_report_style[] = {
#embed "report/report.css"
};
const size_t prep_report_style_count = sizeof(prep_report_style);
const uint8_t prep_report_script[] = {
#embed "report/report.js"
};
const size_t prep_report_script_count = sizeof(prep_report_script);
