option(SEALIFT_TESTS "Build the tests" ON)
option(SEALIFT_WERROR "Warnings are errors" ON)
set(SEALIFT_SANITIZE "" CACHE STRING "What to sanitize: address,undefined or thread")
option(SEALIFT_COVERAGE "Count covered lines" OFF)
option(SEALIFT_FUZZ "Build the fuzz targets with libFuzzer (clang)" OFF)

# Without a build type there is no optimisation, and _FORTIFY_SOURCE wants some.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release, RelWithDebInfo" FORCE)
endif()

# Assertions stay in every build: who carries other people's data had better stop than go on with a wrong belief.
foreach(type RELEASE RELWITHDEBINFO MINSIZEREL)
    string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${type} "${CMAKE_C_FLAGS_${type}}")
endforeach()

add_compile_definitions(_GNU_SOURCE _FILE_OFFSET_BITS=64)
add_compile_options(-Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
                    -Wcast-qual -Wundef)
# gcc cannot see that error_set() never returns OK, so behind every TRY it takes what a failed call did not write for used. clang's own
# -Wsometimes-uninitialized stays on, and -ftrivial-auto-var-init below.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized)
endif()
if(SEALIFT_WERROR)
    add_compile_options(-Werror)
endif()

# Hardening, as Debian and the OpenSSF recommend it for C; the sanitizers bring their own.
add_compile_options(-fstack-protector-strong -fno-strict-aliasing -fno-delete-null-pointer-checks)
include(CheckCCompilerFlag)
foreach(flag -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero)
    string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
    check_c_compiler_flag(${flag} ${have})
    if(${have})
        add_compile_options(${flag})
    endif()
endforeach()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
if(NOT SEALIFT_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_compile_definitions(_FORTIFY_SOURCE=2)
endif()

if(SEALIFT_SANITIZE)
    add_compile_options(-fsanitize=${SEALIFT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${SEALIFT_SANITIZE})
endif()
if(SEALIFT_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "SEALIFT_FUZZ needs clang: cmake -DCMAKE_C_COMPILER=clang -DSEALIFT_FUZZ=ON")
    endif()
    # libFuzzer is led by the branches that the code under test takes, so all of it is instrumented.
    add_compile_options(-fsanitize=fuzzer-no-link)
    add_link_options(-fsanitize=fuzzer-no-link)
endif()
if(SEALIFT_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()
