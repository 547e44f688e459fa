#include "verify/diff/known_names.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "model/text.hpp"

namespace envlock {
namespace {

/// Names that people type, most of them long enough that a near one is no accident.
constexpr std::string_view known_names =
    "accelerate aiohttp airflow anaconda ansible asyncio awscli beautifulsoup4 biopython "
    "black bokeh boost boto3 botocore certifi charset-normalizer click cmake colorama conda "
    "cryptography cudatoolkit cython dask datasets django docker fastapi ffmpeg flask fsspec "
    "gdal geopandas grpcio h5py huggingface_hub idna ipykernel ipython ipywidgets jinja2 "
    "joblib jsonschema jupyter jupyterlab keras keyring langchain lightgbm llvmlite "
    "markupsafe matplotlib mpi4py networkx nodejs notebook numba numpy opencv openssl "
    "packaging pandas paramiko pillow plotly polars protobuf psutil psycopg psycopg2 pyarrow "
    "pydantic pyopenssl pyqt pyspark pytest python python-dateutil pytorch pyyaml requests "
    "rpy2 samtools scikit-image scikit-learn scipy seaborn selenium setuptools simplejson "
    "sqlalchemy statsmodels streamlit sympy tensorflow tokenizers torch torchvision tornado "
    "transformers typing-extensions urllib3 virtualenv werkzeug wheel xarray xgboost zlib";

/// Names that conda's channels have, and that are nearly one of the above by no accident.
constexpr std::string_view genuine_names = "cpython flake8 pypy pyzmq tomlkit zlib-ng zlib1 blosc";

std::string plain(std::string_view name) {
  std::string out = to_lower(name);
  std::ranges::replace_if(
      out, [](char c) { return c == '_' || c == '.'; }, '-');
  return out;
}

/// Whether `name` is one of `list`, which has a space between any two.
bool has_name(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(' '));
    if (one == name) return true;
    list.remove_prefix(std::min(one.size() + 1, list.size()));
  }
  return false;
}

/// Whether one insertion, deletion, exchange of a letter or of two neighbours makes one the other.
bool is_one_edit(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  if (a.size() - b.size() > 1 || a == b) return false;
  const auto same = static_cast<std::size_t>(std::ranges::mismatch(a, b).in2 - b.begin());
  if (a.size() > b.size()) return a.substr(same + 1) == b.substr(same);
  if (a.substr(same + 1) == b.substr(same + 1)) return true;
  return same + 1 < a.size() && a[same] == b[same + 1] && a[same + 1] == b[same] &&
         a.substr(same + 2) == b.substr(same + 2);
}

}  // namespace

std::optional<std::string_view> known_name_like(std::string_view name) {
  constexpr std::size_t shortest = 5;
  const std::string mine = plain(name);
  if (mine.size() < shortest || has_name(genuine_names, mine)) return std::nullopt;
  std::optional<std::string_view> like;
  std::string_view rest = known_names;
  while (!rest.empty()) {
    const std::string_view known = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(known.size() + 1, rest.size()));
    const std::string its = plain(known);
    if (its == mine) return std::nullopt;
    if (!like && its.size() >= shortest && is_one_edit(mine, its)) like = known;
  }
  return like;
}

std::string_view flavour_of(const PackageRecord& record) {
  constexpr auto blas_packages = std::to_array<std::string_view>({"blas", "libblas"});
  constexpr auto blas = std::to_array<std::string_view>(
      {"openblas", "mkl", "blis", "accelerate", "netlib", "newaccelerate"});
  constexpr auto mpi =
      std::to_array<std::string_view>({"openmpi", "mpich", "msmpi", "impi", "nompi"});
  const auto found = [&](const auto& flavours) -> std::string_view {
    const auto at = std::ranges::find_if(flavours, [&](std::string_view flavour) {
      return record.build.find(flavour) != std::string::npos;
    });
    return at == flavours.end() ? std::string_view() : *at;
  };
  const bool is_blas = std::ranges::find(blas_packages, record.name) != blas_packages.end();
  return is_blas ? found(blas) : found(mpi);
}

}  // namespace envlock
