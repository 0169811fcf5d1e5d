#include "tests/support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <sys/stat.h>

namespace respgres::tests {
namespace {

void check(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error("certificates: " + what);
}

template <class Write>
std::string write_pem(const std::string& path, mode_t mode, Write write) {
    const mode_t before = ::umask(0777 & ~mode);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), &std::fclose);
    ::umask(before);
    check(file && write(file.get()) == 1, "cannot write " + path);
    return path;
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    check(extension != nullptr, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

}  // namespace

struct authority::identity {
    explicit identity(const std::string& common_name, std::chrono::seconds valid)
        : key(EVP_EC_gen("P-256"), &EVP_PKEY_free), certificate(X509_new(), &X509_free) {
        static long serial = 0;
        X509_set_version(certificate.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -24 * 3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), static_cast<long>(valid.count()));
        X509_set_pubkey(certificate.get(), key.get());
        const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
        X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8, text, -1, -1, 0);
    }
    void sign_by(const identity& issuer) {
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.certificate.get()));
        check(X509_sign(certificate.get(), issuer.key.get(), EVP_sha256()) != 0, "cannot sign");
    }

    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key;
    std::unique_ptr<X509, decltype(&X509_free)> certificate;
};

authority::authority(const std::string& name) : own_(std::make_unique<identity>(name, std::chrono::hours(1))) {
    extend(own_->certificate.get(), own_->certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    own_->sign_by(*own_);
    file_ =
        write_pem(directory_.path() + "/ca.crt", 0644, [this](std::FILE* file) { return PEM_write_X509(file, own_->certificate.get()); });
}

authority::~authority() = default;

certificate_files authority::issue(const std::string& common_name, const std::string& names, std::chrono::seconds valid) const {
    identity made(common_name, valid);
    extend(made.certificate.get(), own_->certificate.get(), NID_subject_alt_name, names);
    made.sign_by(*own_);
    const std::string path = directory_.path() + "/" + common_name;
    return {write_pem(path + ".crt", 0644, [&](std::FILE* file) { return PEM_write_X509(file, made.certificate.get()); }),
            write_pem(path + ".key", 0600,
                      [&](std::FILE* file) { return PEM_write_PrivateKey(file, made.key.get(), nullptr, nullptr, 0, nullptr, nullptr); })};
}

}  // namespace respgres::tests
